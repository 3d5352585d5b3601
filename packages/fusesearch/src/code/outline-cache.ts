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

/**
 * Outlines by the content of their text, for callers that parse the same files again: within one search the policy and
 * then the check of its answer, in a server one search after another. Beyond `maxBytes` of estimated memory, the least
 * recently used outlines go.
 */
export class OutlineCache {
  readonly #outlines: Lru<string, Outline>

  constructor(maxBytes: number) {
    this.#outlines = new Lru({
      maxWeight: maxBytes,
      weigh: ({ definitions }) => ENTRY_BYTES + DEFINITION_BYTES * definitions.length,
    })
  }

  /** The outline of a text in `language` (or another type of file): from the cache, or from `parse`. */
  async recall(text: string, language: string, parse: () => Promise<Parsed>): Promise<Outline> {
    const key = `${language}:${text.length}:${createHash('sha256').update(text, 'utf16le').digest('base64')}`
    const known = this.#outlines.get(key)
    if (known !== undefined) return known
    const { outline, isFinal } = await parse()
    // Another caller may have cached the same text meanwhile.
    if (isFinal && this.#outlines.peek(key) === undefined) this.#outlines.set(key, outline)
    return outline
  }
}
