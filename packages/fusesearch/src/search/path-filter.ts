import picomatch from 'picomatch'

/** How path patterns are read. */
export interface PathFilterOptions {
  readonly ignoreCase?: boolean
}

/**
 * Says which paths a set of patterns names: those that match one without `!` (or all, where there is none)
 * and none with `!`. A pattern without a slash is about names at any depth, one with a slash about whole paths;
 * a pattern without wildcards names a folder's files too.
 */
export function createPathFilter(
  patterns: readonly string[],
  options: PathFilterOptions = {},
): (path: string) => boolean {
  const wanted = patterns.filter((pattern) => !pattern.startsWith('!'))
  const unwanted = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1))
  const isWanted = wanted.length === 0 ? () => true : matchesAny(wanted, options)
  if (unwanted.length === 0) return isWanted
  const isUnwanted = matchesAny(unwanted, options)
  return (path) => isWanted(path) && !isUnwanted(path)
}

const FOLDER_PATTERN = /^!\*\*\/(?:[\w.-]+|\{[\w.-]+(?:,[\w.-]+)+\})\/\*\*$/
const ENDING_PATTERN = /^!\*\*\/\*\.(?:\w+|\{\w+(?:,\w+)+\})$/

/** What a walk need not look at. */
export interface Skipped {
  /** Globs, each with `!`, of folders not to go into. */
  readonly skippedFolders: readonly string[]
  /** Globs of file names not to read. */
  readonly skippedNames: readonly string[]
}

/**
 * What all of the pattern lists take away, so that a walk need not go there.
 * Only patterns of the forms `!**\/name/**` and `!**\/*.ending` count: any other could mean something else to ripgrep
 * than to the filter, which is applied to what comes back in any case. A pattern without `!` would override ignore
 * rules and is never used.
 */
export function commonlySkipped(patternLists: readonly (readonly string[])[]): Skipped {
  const common = commonlyUnwanted(patternLists)
  return {
    skippedFolders: common.filter((pattern) => FOLDER_PATTERN.test(pattern)).map((pattern) => pattern.slice(0, -2)),
    skippedNames: common
      .filter((pattern) => ENDING_PATTERN.test(pattern))
      .map((pattern) => pattern.slice('!**/'.length)),
  }
}

/** The patterns with `!` that all of the lists have: what they name is in none of the results. */
export function commonlyUnwanted(patternLists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = patternLists
  const unwanted = first.filter((pattern) => pattern.startsWith('!'))
  return unwanted.filter((pattern) => others.every((patterns) => patterns.includes(pattern)))
}

function matchesAny(patterns: readonly string[], options: PathFilterOptions): (path: string) => boolean {
  const matchers = patterns.flatMap(expandPattern).map((pattern) => {
    // Negation is read above; extended globs can be made exponential.
    return picomatch(pattern, { dot: true, nocase: options.ignoreCase ?? false, nonegate: true, noextglob: true })
  })
  return (path) => matchers.some((matches) => matches(path))
}

function expandPattern(pattern: string): string[] {
  const isFolder = pattern.endsWith('/')
  const trimmed = collapseStars(pattern.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, ''))
  if (trimmed === '') return isFolder ? ['**'] : []
  const anywhere = trimmed.includes('/') || pattern.startsWith('/') ? trimmed : `**/${trimmed}`
  const inside = `${anywhere}/**`
  if (isFolder) return [inside]
  return /[*?[\]{}()\\]/.test(trimmed) ? [anywhere] : [anywhere, inside]
}

/** Runs of stars mean what one or two do, and cost more with each. */
function collapseStars(pattern: string): string {
  return pattern.replace(/\*{3,}/g, '**').replace(/(?:\*\*\/){2,}/g, '**/')
}
