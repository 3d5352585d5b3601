import { createHash } from 'node:crypto'

/** File systems allow 255 bytes; the rest is for endings such as `.jsonl` and `.part`. */
const MAX_BYTES = 200
/** Characters of the hash that replaces what was cut off. */
const HASH_LENGTH = 20

/**
 * A file name for any text. Equal texts have equal names and different ones different names: characters that a file
 * name can't contain are written as `%` and their UTF-8 bytes, and a text that becomes too long is cut and gets a hash.
 */
export function toFileName(text: string): string {
  const plain = escaped(text)
  const isWhole = plain.length <= MAX_BYTES && plain !== '' && Buffer.from(text).toString() === text
  return isWhole ? plain : hashed(text)
}

/** File names of texts that stay different if the file system ignores case, as on macOS and Windows. */
export function distinctFileNames(texts: readonly string[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>()
  const distinct = [...new Set(texts)]
  for (const text of distinct) {
    const folded = toFileName(text).toLowerCase()
    counts.set(folded, (counts.get(folded) ?? 0) + 1)
  }
  return new Map(
    distinct.map((text) => {
      const name = toFileName(text)
      return [text, (counts.get(name.toLowerCase()) ?? 0) > 1 ? hashed(text) : name]
    }),
  )
}

function escaped(text: string): string {
  const safe = Buffer.from(text)
    .toString('latin1')
    .replaceAll(/[^\w.@+-]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return safe.startsWith('.') ? `%2e${safe.slice(1)}` : safe
}

/** `~` occurs only in names with a hash. Hashing UTF-16 keeps lone surrogates apart, which have no UTF-8. */
function hashed(text: string): string {
  const hash = createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('hex').slice(0, HASH_LENGTH)
  return `${escaped(text).slice(0, MAX_BYTES - HASH_LENGTH - 1)}~${hash}`
}
