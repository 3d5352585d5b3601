import type { NotIndexed } from '../search/index.ts'
import type { ReplyLine } from './reply.ts'

/** What zoekt stores instead of a file's text, before the reason. */
export const NOT_INDEXED = 'NOT-INDEXED: '
/** zoekt's reasons, in its words. */
const REASONS: ReadonlySet<string> = new Set([
  'contains binary content',
  'contains too few trigrams',
  'contains too many trigrams',
  'exceeds the maximum size limit',
  'object missing from repository',
  'unknown skip reason',
])
/** True if a text, ignoring case, is part of the placeholder of files that aren't indexed. */
export function isInSentence(text: string): boolean {
  const sought = text.toLowerCase()
  return [...REASONS].some((reason) => (NOT_INDEXED + reason).toLowerCase().includes(sought))
}

const BINARY = 'contains binary content'

/** Why a text isn't in the index; undefined if it is. */
export function notIndexed(text: Buffer): NotIndexed | undefined {
  const start = text.toString('latin1', 0, NOT_INDEXED.length)
  if (start !== NOT_INDEXED) return undefined
  const reason = text.toString('latin1', NOT_INDEXED.length, NOT_INDEXED.length + 100)
  return REASONS.has(reason) ? { kind: 'not-indexed', isBinary: reason === BINARY, reason } : undefined
}

/** Why the file of these lines isn't in the index; undefined if it is. */
export function notIndexedLines(lines: readonly ReplyLine[]): NotIndexed | undefined {
  const [only] = lines
  if (only === undefined || lines.length > 1 || only.LineNumber !== 1) return undefined
  return notIndexed(Buffer.from(only.Line, 'base64'))
}
