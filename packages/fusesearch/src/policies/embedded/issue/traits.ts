import { FAILURE_LINE, type Section, TRACE_LINE } from './fields.ts'

/** What kind of line holds a term: the field of its section, or a heading, stack frame or error line. */
export type LineKind = Section['field'] | 'heading' | 'trace' | 'failure'

/** What the issue shows of a term beside its stress; every number is 0 or above, most at most 1. */
export interface TermTraits {
  /** A whole token, not a word that may be part of many. */
  readonly identifier: number
  /** Written with an underscore or a hump. */
  readonly codeLike: number
  /** Some occurrence begins with a capital. */
  readonly capital: number
  /** At most three letters. */
  readonly short: number
  /** Share of the tokens before its first occurrence. */
  readonly late: number
  /** Logarithm of 1 plus its occurrences, in each kind of line. */
  readonly title: number
  readonly prose: number
  readonly heading: number
  readonly trace: number
  readonly failure: number
}

/** What was seen of a term so far. */
export interface Sightings {
  readonly lines: Map<LineKind, number>
  /** Index of the token in which it occurs first. */
  readonly first: number
  isCapital: boolean
  isCodeLike: boolean
}

const HEADING = /^\s*(?:#{1,6}\s|\*\*)/

/** The kind of a section: headings in prose and some lines of code are kinds of their own. */
export function lineKindOf({ field, text }: Section): LineKind {
  if (field === 'prose') return HEADING.test(text) ? 'heading' : field
  if (field !== 'block') return field
  if (TRACE_LINE.test(text)) return 'trace'
  return FAILURE_LINE.test(text) ? 'failure' : field
}

const SHORT = 3

/** The traits of a term; `tokens` is the number of tokens of the issue. */
export function traitsOf(
  { text, kind }: { readonly text: string; readonly kind: 'identifier' | 'word' | 'compound' },
  seen: Sightings,
  tokens: number,
): TermTraits {
  const at = (line: LineKind): number => Math.log1p(seen.lines.get(line) ?? 0)
  return {
    identifier: kind === 'word' ? 0 : 1,
    codeLike: seen.isCodeLike ? 1 : 0,
    capital: seen.isCapital ? 1 : 0,
    short: text.length <= SHORT ? 1 : 0,
    late: seen.first / Math.max(1, tokens),
    title: at('title'),
    prose: at('prose'),
    heading: at('heading'),
    trace: at('trace'),
    failure: at('failure'),
  }
}
