import { FuseSearchError, Lru } from '../core/index.ts'
import { toUpper } from './globs/character-set.ts'
import { type GlobBudget, LazyDfa } from './globs/lazy-dfa.ts'
import { buildNfa, type Nfa } from './globs/nfa.ts'
import { type GlobParts, parseGlob } from './globs/parse.ts'
import { requiredTexts } from './globs/required-texts.ts'
import { escapeExpression } from './grep/pattern.ts'
import type { CallFailure } from './scope.ts'

export type { GlobBudget }

/** Budget for the globs of one call: about a second. A dozen ordinary globs need a fiftieth of it for 200,000 paths. */
const CALL_BUDGET = 12_000_000

/** How path patterns are applied. */
export interface PathFilterOptions {
  readonly ignoreCase?: boolean
  /** Defaults to a new {@link globBudget}. Once it is used up, the filter's answers mean nothing: see {@link refuseCostly}. */
  readonly budget?: GlobBudget
}

/** Says whether a path is named by a list of patterns. */
export type PathFilter = (path: string) => boolean

/**
 * Returns a filter for the paths that a list of patterns names: they match a pattern without `!` (if there is one) and no
 * pattern with `!`. The syntax is that of `parseGlob`. The work for one path grows at most with the length of the
 * patterns times the length of the path. Throws FuseSearchError `bad-argument` for patterns that {@link refuseGlobs} refuses.
 */
export function createPathFilter(patterns: readonly string[], options: PathFilterOptions = {}): PathFilter {
  const { wanted, unwanted } = split(patterns)
  const all = { ignoreCase: options.ignoreCase ?? false, budget: options.budget ?? globBudget() }
  const isWanted = wanted.length === 0 ? () => true : matchesAny(wanted, all)
  if (unwanted.length === 0) return isWanted
  const isUnwanted = matchesAny(unwanted, all)
  return (path) => isWanted(path) && !isUnwanted(path)
}

/** Returns the failure of a call whose patterns are malformed or too long, otherwise undefined. */
export function refuseGlobs(patterns: readonly string[]): CallFailure | undefined {
  const { wanted, unwanted } = split(patterns)
  for (const compiled of [compile(wanted), compile(unwanted)]) {
    if ('problem' in compiled) return { ok: false, code: 'bad-pattern', message: compiled.problem }
  }
  return undefined
}

const FOLDER_PATTERN = /^!\*\*\/(?:[\w.-]+|\{[\w.-]+(?:,[\w.-]+)+\})\/\*\*$/
const ENDING_PATTERN = /^!\*\*\/\*\.(?:\w+|\{\w+(?:,\w+)+\})$/

/** What a walk may skip. */
export interface Skipped {
  /** Globs, each with `!`, of folders that the walk does not enter. */
  readonly skippedFolders: readonly string[]
  /** Globs of the names of files that the walk does not read. */
  readonly skippedNames: readonly string[]
}

/**
 * Returns what all pattern lists exclude, so that one walk for all of them can leave it out.
 * Only patterns of the forms `!**\/name/**` and `!**\/*.ending` are used, because ripgrep may read others differently; the
 * filter is applied to the results anyway. Patterns without `!` are never used, because they override ignore rules.
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

/** Returns the patterns with `!` that all lists contain. What they exclude is in none of the results. */
export function commonlyUnwanted(patternLists: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...others] = patternLists
  const unwanted = first.filter((pattern) => pattern.startsWith('!'))
  return unwanted.filter((pattern) => others.every((patterns) => patterns.includes(pattern)))
}

/** Returns a new budget for the globs of one call. */
export function globBudget(): GlobBudget {
  return { left: CALL_BUDGET }
}

/** Returns the failure of a call whose globs have used up their budget, otherwise undefined. */
export function refuseCostly(budget: GlobBudget): CallFailure | undefined {
  if (budget.left >= 0) return undefined
  const message = `Matching the globs takes more than ${CALL_BUDGET} steps. Use fewer wildcards and alternatives.`
  return { ok: false, code: 'bad-pattern', message }
}

function split(patterns: readonly string[]): { wanted: readonly string[]; unwanted: readonly string[] } {
  const unwanted = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => pattern.slice(1))
  return { wanted: patterns.filter((pattern) => !pattern.startsWith('!')), unwanted }
}

function matchesAny(globs: readonly string[], options: Required<PathFilterOptions>): PathFilter {
  const { ignoreCase } = options
  const compiled = compile(globs, ignoreCase)
  if ('problem' in compiled) throw new FuseSearchError(compiled.problem, { code: 'bad-argument' })
  const { nfa, required } = compiled
  const dfa = new LazyDfa(nfa, options)
  if (required === undefined) return (path) => dfa.matches(path)
  return (path) => required.test(ignoreCase ? path.toLowerCase() : path) && dfa.matches(path)
}

/**
 * The automaton of some globs, and, if each match has one of certain texts, the expression of these: it rejects a path in
 * a third of the time that looking for each text takes.
 */
type Compiled = { readonly nfa: Nfa; readonly required: RegExp | undefined } | { readonly problem: string }

/** Most states of all automata that are kept, about 100 bytes each. */
const MAX_KEPT_STATES = 60_000

/** The calls of all searches have many globs in common, and each call needs its own twice. */
const kept = new Lru<string, Compiled>({
  maxEntries: 64,
  maxWeight: MAX_KEPT_STATES,
  weigh: (one) => ('problem' in one ? 1 : one.nfa.symbols.length),
})

function compile(globs: readonly string[], ignoreCase = false): Compiled {
  const key = JSON.stringify([ignoreCase, ...globs])
  const known = kept.get(key)
  if (known !== undefined) return known
  const compiled = compileNew(globs, ignoreCase)
  kept.set(key, compiled)
  return compiled
}

function compileNew(globs: readonly string[], ignoreCase: boolean): Compiled {
  const parts: GlobParts[] = []
  for (const glob of globs) {
    const parsed = parseGlob(glob)
    if ('problem' in parsed) return { problem: `The glob ${shownGlob(glob)} ${parsed.problem}.` }
    parts.push(parsed.parts)
  }
  const nfa = buildNfa(parts, ignoreCase ? toUpper : (code) => code)
  if (nfa === undefined) return { problem: 'The globs are too long together. Use fewer or shorter ones.' }
  const texts = requiredTexts(parts, ignoreCase)
  return { nfa, required: texts && new RegExp(texts.map(escapeExpression).join('|')) }
}

const MAX_SHOWN = 100

function shownGlob(glob: string): string {
  return JSON.stringify(glob.length > MAX_SHOWN ? `${glob.slice(0, MAX_SHOWN)}…` : glob)
}
