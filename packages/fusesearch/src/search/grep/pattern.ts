import type { GrepArguments } from '../tool.ts'
import { requiredLiterals } from './required-literals.ts'

/** A grep's pattern with all its options decided. */
export interface GrepPattern {
  readonly pattern: string
  readonly ignoreCase: boolean
  readonly word: boolean
  readonly literal: boolean
}

/**
 * How a grep may be run.
 * `plain`: ASCII text, its matches in a line are found by comparing bytes.
 * `expression`: its matches in a line don't depend on other lines, so ripgrep can be asked about single lines.
 * `alone`: everything else; it gets its own walk.
 */
export type PatternKind = 'alone' | 'expression' | 'plain'

/** Decides the options of a grep that were left out. */
export function toGrepPattern(grep: GrepArguments): GrepPattern {
  const { pattern, ignoreCase = false, word = false, literal = false } = grep
  return { pattern, ignoreCase, word, literal }
}

const PLAIN_LITERAL = /^[\x20-\x7e\t]+$/
const PLAIN_EXPRESSION = /^[A-Za-z0-9_ \t!"#%&',/:;<=>@`~-]+$/

/** Decides how a grep may be run; `alone` when in doubt. */
export function patternKind(search: GrepPattern): PatternKind {
  const { pattern, literal } = search
  if ((literal ? PLAIN_LITERAL : PLAIN_EXPRESSION).test(pattern)) return 'plain'
  if (literal) return /[\0\n\r]/.test(pattern) || pattern === '' ? 'alone' : 'expression'
  return minLength(pattern) > 0 ? 'expression' : 'alone'
}

/** A Rust expression that matches at least in the lines in which the grep does. Only for `plain` and `expression`. */
export function fusedExpression(search: GrepPattern): string {
  const { pattern, ignoreCase, word, literal } = search
  const text = literal ? escapeExpression(pattern) : PLAIN_EXPRESSION.test(pattern) ? pattern : loosened(pattern)
  if (ignoreCase) return `(?i:${text})`
  // ASCII boundaries match more often than Unicode ones and never slow the engine down.
  if (word && /^\w+$/.test(pattern)) return `(?-u:\\b)${text}(?-u:\\b)`
  return text
}

/** The Rust expression that matches in exactly the lines in which the grep does; undefined if there is none. */
export function exactExpression({ pattern, ignoreCase, word, literal }: GrepPattern): string | undefined {
  if (word) return undefined
  const text = literal ? escapeExpression(pattern) : `(?:${pattern})`
  return ignoreCase ? `(?i:${text})` : text
}

/** ASCII texts of which every matching line contains at least one; empty if no such texts are known. */
export function requiredTexts(search: GrepPattern): readonly string[] {
  if (patternKind(search) === 'plain') return [search.pattern]
  return search.literal ? [] : (requiredLiterals(search.pattern) ?? [])
}

/**
 * An expression is fast in its own walk and slow as one of several alternatives, because ripgrep can then no longer skip
 * to the text that it requires. So the walk looks for that text; ripgrep is asked about the additional lines later.
 */
function loosened(pattern: string): string {
  const literals = requiredLiterals(pattern)
  return literals === undefined ? pattern : `(?:${literals.join('|')})`
}

/** An expression that matches this text only, for ripgrep and for JavaScript. */
export function escapeExpression(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$#&~-]/g, '\\$&')
}

/**
 * The least number of characters that an expression can match, or 0 for one that uses anything beyond
 * a small part of the syntax, which cannot look beyond its line or change the meaning of what surrounds it.
 */
function minLength(pattern: string): number {
  const cursor: Cursor = { pattern, at: 0 }
  const length = alternatives(cursor, 0)
  return cursor.at === pattern.length ? length : 0
}

interface Cursor {
  readonly pattern: string
  at: number
}

const MAX_DEPTH = 20
// Sets NaN free: a refused part makes the whole length NaN, and NaN > 0 is false.
const REFUSED = Number.NaN

function alternatives(cursor: Cursor, depth: number): number {
  if (depth > MAX_DEPTH) return REFUSED
  let least = sequence(cursor, depth)
  while (cursor.pattern[cursor.at] === '|') {
    cursor.at += 1
    least = Math.min(least, sequence(cursor, depth))
  }
  return least
}

function sequence(cursor: Cursor, depth: number): number {
  let length = 0
  while (cursor.at < cursor.pattern.length && !'|)'.includes(cursor.pattern.charAt(cursor.at))) {
    const part = atom(cursor, depth)
    length += part * minRepeats(cursor)
    if (Number.isNaN(length)) return REFUSED
  }
  return length
}

function atom(cursor: Cursor, depth: number): number {
  const rest = cursor.pattern.slice(cursor.at)
  const [character = ''] = rest
  if (character === '(') return group(cursor, depth)
  if (character === '[') return take(cursor, /^\[\^?(?:\\[dDwWsS\]\\.^$*+?/-]|[^\\\][&~\0\r\n-]|-(?=[^-]))+\]/, 1)
  if (character === '\\') {
    return /^\\[bB](?!\{)/.test(rest) ? take(cursor, /^\\[bB]/, 0) : take(cursor, /^\\[dDwWsSt.*+?()[\]{}|^$\\/-]/, 1)
  }
  if (character === '^' || character === '$') return take(cursor, /^./, 0)
  return take(cursor, /^[^*+?{}\0\r\n\])]/u, 1)
}

function group(cursor: Cursor, depth: number): number {
  const opening = take(cursor, /^\((?:\?:)?(?!\?)/, 0)
  if (Number.isNaN(opening)) return REFUSED
  const length = alternatives(cursor, depth + 1)
  if (cursor.pattern[cursor.at] !== ')') return REFUSED
  cursor.at += 1
  return length
}

const QUANTIFIER = /^(?:[*+?]|\{(\d{1,3})(?:,(\d{0,3}))?\})\??/

function minRepeats(cursor: Cursor): number {
  const found = QUANTIFIER.exec(cursor.pattern.slice(cursor.at))
  if (found === null) return 1
  const [whole, least] = found
  cursor.at += whole.length
  // A quantifier of a quantifier is legal and rare.
  if (QUANTIFIER.test(cursor.pattern.slice(cursor.at))) return REFUSED
  if (least !== undefined) return Number(least)
  return whole.startsWith('+') ? 1 : 0
}

function take(cursor: Cursor, expected: RegExp, length: number): number {
  const found = expected.exec(cursor.pattern.slice(cursor.at))
  if (found === null) return REFUSED
  cursor.at += found[0].length
  return length
}
