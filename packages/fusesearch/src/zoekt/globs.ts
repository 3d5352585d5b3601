import { type GlobPart, type GlobParts, parseGlob } from '../search/index.ts'
import { atom, quoteGo } from './query.ts'

/** How the paths that globs match relate to zoekt's names of files. */
export interface NameScope {
  /** Names begin with this and paths don't, where one repository is searched; undefined where paths begin with names. */
  readonly folder: string | undefined
}

/** Longer expressions are left out of a query: the globs are applied to its answer anyway. */
const MAX_LENGTH = 20_000

/**
 * Words of a query that keep at least the files that the globs name: those that match one without `!`, if there is one,
 * and none with `!`. Empty if nothing can be said.
 */
export function fileQuery(globs: readonly string[], ignoreCase: boolean, scope: NameScope): readonly string[] {
  const wanted = globs.filter((glob) => !glob.startsWith('!')).map(partsOf)
  const unwanted = globs.filter((glob) => glob.startsWith('!')).map((glob) => partsOf(glob.slice(1)))
  const kept = wanted.length === 0 ? undefined : union(wanted.map((parts) => atLeast(parts, ignoreCase, scope)))
  // Folded sets match more than they should, so nothing is taken away by them.
  const dropped = ignoreCase ? undefined : union(unwanted.flatMap((parts) => atMost(parts, scope) ?? []))
  const flag = ignoreCase ? 'no' : 'yes'
  return [
    ...(kept === undefined ? [] : [`( case:${flag} ${atom('file', kept)} )`]),
    ...(dropped === undefined ? [] : [`-( case:yes ${atom('file', dropped)} )`]),
  ]
}

function union(expressions: readonly string[]): string | undefined {
  const text = `\\A(?:${expressions.join('|')})\\z`
  return expressions.length === 0 || text.length > MAX_LENGTH ? undefined : text
}

function partsOf(glob: string): GlobParts {
  const parsed = parseGlob(glob)
  // A malformed glob fails its call before anything is asked.
  return 'parts' in parsed ? parsed.parts : []
}

function atLeast(parts: GlobParts, ignoreCase: boolean, { folder }: NameScope): string {
  const whole = expressionOf(parts, ignoreCase)
  if (folder !== undefined) return quoteGo(folder) + whole
  // The beginning of a glob may match the repository's name, so each of its ends behind a slash will do.
  return [whole, ...endsOf(parts).map((end) => expressionOf(end, ignoreCase))].join('|')
}

function atMost(parts: GlobParts, { folder }: NameScope): string | undefined {
  if (folder !== undefined) return quoteGo(folder) + expressionOf(parts, false)
  // At any depth, and so whatever stands before the name.
  return parts[0]?.kind === 'folders' ? expressionOf(parts, false) : undefined
}

const SLASH = 0x2f

/** What is left of the parts behind each slash that they may match. */
function endsOf(parts: GlobParts): readonly GlobParts[] {
  return parts.flatMap((part, index): readonly GlobParts[] => {
    const rest = parts.slice(index + 1)
    switch (part.kind) {
      case 'character':
        return part.code === SLASH ? [rest] : []
      case 'folders':
        return [parts.slice(index)]
      case 'below':
        return [[{ kind: 'rest' }, ...rest]]
      case 'rest':
        return [parts.slice(index)]
      case 'alternatives':
        return part.alternatives.flatMap((one) => endsOf(one).map((end) => [...end, ...rest]))
      case 'any':
      case 'set':
      case 'star':
        return []
    }
  })
}

function expressionOf(parts: GlobParts, ignoreCase: boolean): string {
  return parts.map((part) => partOf(part, ignoreCase)).join('')
}

function partOf(part: GlobPart, ignoreCase: boolean): string {
  switch (part.kind) {
    case 'character':
      return characterOf(part.code, ignoreCase)
    case 'set':
      return ignoreCase ? NAME_CHARACTER : setOf(part.set)
    case 'any':
      return NAME_CHARACTER
    case 'star':
      return `${NAME_CHARACTER}*`
    case 'rest':
      return '(?s:.*)'
    case 'folders':
      return '(?:(?s:.*)/)?'
    case 'below':
      return '(?:/(?s:.*))?'
    case 'alternatives':
      return `(?:${part.alternatives.map((parts) => expressionOf(parts, ignoreCase)).join('|')})`
  }
}

const NAME_CHARACTER = '[^/]'

function characterOf(code: number, ignoreCase: boolean): string {
  // Beyond ASCII the ways to fold case differ.
  if (ignoreCase && code >= 0x80) return NAME_CHARACTER
  return quoteGo(String.fromCodePoint(code))
}

/** A set without the slash, which no set of a glob matches. */
function setOf({ ranges, isNegated }: Extract<GlobPart, { readonly kind: 'set' }>['set']): string {
  const parts = isNegated ? [...ranges, [SLASH, SLASH] as const] : ranges.flatMap(withoutSlash)
  if (parts.length === 0) return '[^\\x00-\\x{10ffff}]'
  const text = parts.map(([low, high]) => `\\x{${low.toString(16)}}-\\x{${high.toString(16)}}`).join('')
  return `[${isNegated ? '^' : ''}${text}]`
}

function withoutSlash([low, high]: readonly [number, number]): readonly (readonly [number, number])[] {
  if (low > SLASH || high < SLASH) return [[low, high]]
  return [...(low < SLASH ? [[low, SLASH - 1] as const] : []), ...(high > SLASH ? [[SLASH + 1, high] as const] : [])]
}
