import { createHash } from 'node:crypto'
import { Lru } from '../core/index.ts'
import type { Outline } from './definition.ts'

/** Estimated memory per entry, and per definition in it. */
const ENTRY_BYTES = 300
const DEFINITION_BYTES = 300

/** The result of parsing. A final result is cached: it depends only on text and language, so it is never stale. */
export interface Parsed {
  readonly outline: Outline
  readonly isFinal: boolean
}

const limits = new Set<{ readonly maxBytes: number }>()

// Module state, which is safe because it caches a pure function. Policies parse, and a policy gets only the issue and
// its observations: a cache passed as a value would have to go through the policy interface and each of its wrappers.
const outlines = new Lru<string, Outline>({
  get maxWeight() {
    return Math.max(0, ...[...limits].map(({ maxBytes }) => maxBytes))
  },
  weigh: ({ definitions }) => ENTRY_BYTES + DEFINITION_BYTES * definitions.length,
})

/**
 * Turns on a cache of definitions by text, for a process that parses the same files again and again. The limit is the
 * largest `maxBytes` of all callers that have the cache on; beyond it, the least recently used entries go. The returned
 * function ends this caller's use; the last one to end frees everything.
 */
export function rememberDefinitions(maxBytes: number): () => void {
  const limit = { maxBytes }
  limits.add(limit)
  return () => {
    limits.delete(limit)
    outlines.evict()
  }
}

/** The outline of a text in `language` (or another type of file): from the cache, or from `parse`. */
export async function recall(text: string, language: string, parse: () => Promise<Parsed>): Promise<Outline> {
  if (limits.size === 0) return (await parse()).outline
  const key = `${language}:${text.length}:${createHash('sha256').update(text, 'utf16le').digest('base64')}`
  const known = outlines.get(key)
  if (known !== undefined) return known
  const { outline, isFinal } = await parse()
  // Another caller may have cached the same text meanwhile.
  if (isFinal && outlines.peek(key) === undefined) outlines.set(key, outline)
  return outline
}
