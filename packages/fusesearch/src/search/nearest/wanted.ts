import type { GlobArguments, GrepArguments } from '../tool.ts'

/** Names of one pattern that are looked up. */
const MAX_NAMES = 4
/** Shorter names, and the keywords below, occur nearly everywhere. */
const MIN_NAME = 4
const MAX_NAME = 80
const KEYWORDS = new Set(
  'async await class const default elif else enum export extends final from func function impl implements import include interface lambda module namespace null package private protected public raise require return self static string struct super switch this throw throws trait true false type typedef void while with yield'.split(
    ' ',
  ),
)

/** Identifiers that a pattern asks for, in its order; escapes and sets of an expression are no part of them. */
export function namesOfPattern({ pattern, literal = false }: GrepArguments): readonly string[] {
  const text = literal
    ? pattern
    : pattern.replaceAll(/\\[A-Za-z](?:\{[^}]{0,99}\})?|\[[^\]]{0,99}\]|\(\?[a-zA-Z:<=!-]*/g, ' ')
  const words = text.match(/[A-Za-z_$][\w$]*/g) ?? []
  const names = words.filter((word) => word.length >= MIN_NAME && word.length <= MAX_NAME && !KEYWORDS.has(word))
  return [...new Set(names)].slice(0, MAX_NAMES)
}

/** What the patterns of a glob name when their wildcards are taken away: the last parts that are left. */
export function pathsOfGlob({ patterns }: GlobArguments): readonly string[] {
  return patterns.filter((pattern) => !pattern.startsWith('!')).map(plainPath)
}

function plainPath(pattern: string): string {
  const plain = pattern.replaceAll(/\{([^{},]*)(?:,[^{}]*)?\}/g, '$1').replaceAll(/\[[^\]]{0,99}\]|[*?()\\]/g, '')
  const parts = plain.split('/').filter((part) => part !== '' && part !== '.' && part !== '..')
  // An extension alone names nothing; the folder before it is meant.
  const isEnding = /[*?\]})]\./.test(pattern.slice(pattern.lastIndexOf('/') + 1))
  if (isEnding) while (parts.at(-1)?.startsWith('.') === true) parts.pop()
  return parts.join('/')
}
