import { type GrepPattern, patternKind, requiredTexts } from '../search/index.ts'
import { toGoExpression } from './expression.ts'
import { MIN_LOOKED_UP, textsOfExpression } from './required.ts'

/** One word of zoekt's query language: a field with an expression in Go's syntax. */
export function atom(field: 'branch' | 'content' | 'file' | 'repo', expression: string): string {
  return `${field}:"${expression.replaceAll(/[\\"]/g, '\\$&')}"`
}

/** An expression in Go's syntax that matches exactly this text. */
export function quoteGo(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, '\\$&')
}

/**
 * The query for lines that a pattern may match: at least those that ripgrep matches. Only for patterns that are plain
 * or an expression by `patternKind`.
 */
export function contentQuery(search: GrepPattern): string {
  const { ignoreCase, word, pattern } = search
  const own = requiredTexts(search)
  // zoekt looks texts up in its index, but tries an expression on every file with some of its text.
  const texts = own.length > 0 || search.literal ? own : (textsOfExpression(pattern) ?? [])
  // Go's word boundaries know only ASCII letters: another letter next to the text adds a boundary, and one in it
  // removes one.
  const isWord = word && !ignoreCase && patternKind(search) === 'plain' && /^\w+$/.test(pattern)
  const expressions =
    texts.length === 0
      ? [toGoExpression(search)]
      : texts.flatMap((text) => (ignoreCase ? inAnyCase(text) : [quoteGo(text)]))
  const atoms = expressions.map((one) => atom('content', isWord ? `\\b${one}\\b` : one))
  return `( case:${ignoreCase ? 'no' : 'yes'} ${atoms.join(' or ')} )`
}

/** A text with more letters `s` than this is searched by an expression, which takes zoekt longer. */
const MAX_S = 4
const LONG_S = '\u017f'

/**
 * Expressions that find a text ignoring case. zoekt's index folds the case of letters one by one, so it misses the long
 * s, which ripgrep matches with an s; in a short text it also misses the kelvin sign.
 */
function inAnyCase(text: string): readonly string[] {
  const parts = quoteGo(text).split(/s/i)
  if (text.length < MIN_LOOKED_UP || parts.length - 1 > MAX_S) {
    return [toGoExpression({ pattern: text, literal: true, ignoreCase: true })]
  }
  return parts
    .slice(1)
    .reduce<string[]>(
      (texts, part) => texts.flatMap((start) => [`${start}s${part}`, `${start}${LONG_S}${part}`]),
      [parts[0] ?? ''],
    )
}
