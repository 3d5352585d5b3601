import { type GrepPattern, patternKind, requiredTexts } from '../search/index.ts'
import { toGoExpression } from './expression.ts'
import { foldsOf } from './folds.ts'
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
  const isPlain = patternKind(search) === 'plain'
  // Go's word boundaries know only ASCII letters: another letter next to the text adds a boundary, and one in it
  // removes one.
  const isWord = word && !ignoreCase && isPlain && /^\w+$/.test(pattern)
  const questions = textsOf(search)?.flatMap((text) => (ignoreCase ? inAnyCase(text, !isPlain) : [exactly(text)]))
  const asked = questions ?? [{ isExact: !ignoreCase, expression: toGoExpression(search) }]
  return `( ${[true, false].flatMap((isExact) => group(asked, { isExact, isWord })).join(' or ')} )`
}

interface Question {
  readonly isExact: boolean
  readonly expression: string
}

function group(
  questions: readonly Question[],
  { isExact, isWord }: { readonly isExact: boolean; readonly isWord: boolean },
): string[] {
  const own = new Set(questions.filter((one) => one.isExact === isExact).map(({ expression }) => expression))
  if (own.size === 0) return []
  const atoms = [...own].map((one) => atom('content', isWord ? `\\b${one}\\b` : one))
  return [`( case:${isExact ? 'yes' : 'no'} ${atoms.join(' or ')} )`]
}

/** With more short texts, the query takes longer than an expression. */
const MAX_SHORT_TEXTS = 8
const MIN_SHORT = 2

/**
 * Texts of which every matching line contains one. zoekt looks texts up in its index and reads all files for a short
 * one, but an expression, which it tries on every file, takes it ten times as long.
 */
function textsOf(search: GrepPattern): readonly string[] | undefined {
  const own = requiredTexts(search)
  if (own.length > 0) return own
  if (search.literal) return [search.pattern]
  const texts = textsOfExpression(search.pattern)
  if (texts !== undefined) return texts
  const short = textsOfExpression(search.pattern, MIN_SHORT) ?? []
  const different = new Set(search.ignoreCase ? short.map((text) => text.toLowerCase()) : short)
  return different.size > 0 && different.size <= MAX_SHORT_TEXTS ? [...different] : undefined
}

function exactly(text: string): Question {
  return { isExact: true, expression: quoteGo(text) }
}

/** With more variants, the query takes longer than an expression. */
const MAX_VARIANTS = 16

/**
 * Questions that find a text ignoring case. In a text that zoekt looks up, only the letters vary whose cases its index
 * doesn't fold; in a short one all do, as zoekt finds an exact text much sooner than an expression. `mayFindMore`: a
 * part of the text is enough if the whole has too many variants.
 */
function inAnyCase(text: string, mayFindMore: boolean): readonly Question[] {
  const isShort = Array.from(text).length < MIN_LOOKED_UP
  const letters = Array.from(text, (character) => {
    const folds = foldsOf(character)
    return isShort ? folds : [...new Set(folds.map((one) => one.toLowerCase()))]
  })
  const most = longestWithin(letters, MAX_VARIANTS)
  if (most.length < letters.length && !(mayFindMore && most.length >= MIN_LOOKED_UP)) {
    return [{ isExact: false, expression: toGoExpression({ pattern: text, literal: true, ignoreCase: true }) }]
  }
  const variants = most.reduce<string[]>(
    (starts, own) => starts.flatMap((start) => own.map((one) => start + one)),
    [''],
  )
  return variants.map((variant) => ({ isExact: isShort, expression: quoteGo(variant) }))
}

/** The longest run of letters with at most so many variants. */
function longestWithin(letters: readonly (readonly string[])[], maxVariants: number): readonly (readonly string[])[] {
  let best: readonly (readonly string[])[] = []
  for (let start = 0; start < letters.length; start += 1) {
    let [end, variants] = [start, 1]
    while (end < letters.length && variants * (letters[end]?.length ?? 1) <= maxVariants) {
      variants *= letters[end]?.length ?? 1
      end += 1
    }
    if (end - start > best.length) best = letters.slice(start, end)
  }
  return best
}
