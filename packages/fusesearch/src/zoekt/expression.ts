import type { GrepPattern } from '../search/index.ts'
import { foldsOf } from './folds.ts'
import { setEnd } from './required.ts'

const BEYOND_ASCII = '\\x{80}-\\x{10ffff}'
/** For each class of characters: an equal or larger set in Go's syntax, without brackets. */
const AT_LEAST: Readonly<Record<string, string>> = {
  d: `0-9${BEYOND_ASCII}`,
  w: `0-9A-Za-z_${BEYOND_ASCII}`,
  s: `\\t\\x0b\\f\\r ${BEYOND_ASCII}`,
}
/** Characters that a negated class certainly excludes in Rust's syntax. */
const ASCII_ONLY: Readonly<Record<string, string>> = { d: '0-9', w: '0-9A-Za-z_', s: '\\t\\x0b\\f\\r ' }
const NOT_ASCII: Readonly<Record<string, string>> = { D: '^0-9\\n', W: '^0-9A-Za-z_\\n', S: '^\\t\\x0b\\f\\r \\n' }
const ANYTHING = '[^\\n]'
/** Zero-width matches. */
const NOTHING = '(?:)'

/**
 * An expression in Go's syntax that matches at least the lines that a pattern matches. Rust's classes include more
 * characters than Go's, and so do its boundaries; so classes are widened and boundaries left out. Only for literals and
 * for the small syntax of `patternKind` `expression`.
 */
export function toGoExpression({ pattern, literal, ignoreCase }: Omit<GrepPattern, 'word'>): string {
  if (literal) return Array.from(pattern, (character) => goCharacter(character, ignoreCase)).join('')
  let expression = ''
  for (let at = 0; at < pattern.length; ) {
    const [part, length] = partAt(pattern, at, ignoreCase)
    expression += part
    at += length
  }
  return expression
}

/** The translation of the part at a position, and the length of that part. */
function partAt(pattern: string, at: number, ignoreCase: boolean): readonly [string, number] {
  const character = String.fromCodePoint(pattern.codePointAt(at) ?? 0)
  const next = pattern.charAt(at + 1)
  if (character === '\\') return [escaped(next), 2]
  if (character === '[') {
    const end = setEnd(pattern, at)
    return [setOf(pattern.slice(at + 1, end)), end + 1 - at]
  }
  if (character === '^' || character === '$') return [NOTHING, 1]
  if (character === '.') return [ANYTHING, 1]
  const repeat = /^(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??/.exec(pattern.slice(at))
  if (repeat !== null) return [repeat[0], repeat[0].length]
  if (character === '(' || character === ')' || character === '|') {
    const opening = pattern.startsWith('(?:', at) ? '(?:' : character
    return [opening, opening.length]
  }
  return [goCharacter(character, ignoreCase), character.length]
}

function escaped(letter: string): string {
  if (letter === 'b' || letter === 'B') return NOTHING
  const more = AT_LEAST[letter] ?? NOT_ASCII[letter]
  if (more !== undefined) return `[${more}]`
  return `\\${letter}`
}

/** A single character; one that matches others than its small and capital letter becomes a set, which zoekt doesn't look up in its index. */
function goCharacter(character: string, ignoreCase: boolean): string {
  if (ignoreCase && (character >= '\x80' || /[sk]/i.test(character))) {
    const folds = foldsOf(character)
    if (folds.length > 1) return `[${folds.map(inSet).join('')}]`
  }
  return character.replace(/[\\.+*?()|[\]{}^$]/, '\\$&')
}

function inSet(letter: string): string {
  return letter < '\x80' ? letter : `\\x{${(letter.codePointAt(0) ?? 0).toString(16)}}`
}

function setOf(content: string): string {
  const isNegated = content.startsWith('^')
  const members = isNegated ? content.slice(1) : content
  if (/\\[DWS]/.test(members)) return ANYTHING
  const classes = isNegated ? ASCII_ONLY : AT_LEAST
  const translated = members.replaceAll(/\\(.)|[\]]/gs, (whole, letter: string | undefined) => {
    if (letter === undefined) return '\\]'
    return classes[letter] ?? whole
  })
  // At the front, because a hyphen at the end would form a range with the following character.
  return isNegated ? `[^\\n${translated}]` : `[${translated}]`
}
