import { createHash } from 'node:crypto'
import { Lru } from '../core/index.ts'
import type { Outline } from './definition.ts'

/** Estimated memory of an entry, and of each definition in it. */
const ENTRY_BYTES = 300
const DEFINITION_BYTES = 300

/** What parsing gave. It is kept when it is final: it follows from text and language alone, so it is never stale. */
export interface Parsed {
  readonly outline: Outline
  readonly isFinal: boolean
}

const limits = new Set<{ readonly maxBytes: number }>()

// State of the module, since it memoizes a pure function. Policies parse, and a policy is given the issue and its
// observations only: a memo passed as a value would have to go through the policy interface and every wrapper of it.
const outlines = new Lru<string, Outline>({
  get maxWeight() {
    return Math.max(0, ...[...limits].map(({ maxBytes }) => maxBytes))
  },
  weigh: ({ definitions }) => ENTRY_BYTES + DEFINITION_BYTES * definitions.length,
})

/**
 * Keeps definitions by the content of their text, for a process that parses the same files again and again. Nothing is
 * kept before the first call. The least recently used go when the estimated memory exceeds `maxBytes`, the largest of
 * all calls in force; the returned function ends this call, and the last one to end frees everything.
 */
export function rememberDefinitions(maxBytes: number): () => void {
  const limit = { maxBytes }
  limits.add(limit)
  return () => {
    limits.delete(limit)
    outlines.evict()
  }
}

/** The outline of a text read as `language` (or another type of file): a remembered one, or what `parse` finds. */
export async function recall(text: string, language: string, parse: () => Promise<Parsed>): Promise<Outline> {
  if (limits.size === 0) return (await parse()).outline
  const key = `${language}:${text.length}:${createHash('sha256').update(text, 'utf16le').digest('base64')}`
  const known = outlines.get(key)
  if (known !== undefined) return known
  const { outline, isFinal } = await parse()
  // Another caller may have parsed the same text meanwhile.
  if (isFinal && outlines.peek(key) === undefined) outlines.set(key, outline)
  return outline
}
