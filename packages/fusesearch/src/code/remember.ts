import { createHash } from 'node:crypto'
import type { Definition, Language } from './definition.ts'

/** What an entry and each definition of it are taken to weigh in memory. */
const ENTRY_BYTES = 300
const DEFINITION_BYTES = 300

interface Entry {
  readonly definitions: readonly Definition[]
  readonly bytes: number
}

/** Entries in the order of their last use. Definitions follow from text and language alone, so none is ever stale. */
const entries = new Map<string, Entry>()
const limits = new Set<{ readonly maxBytes: number }>()
let bytes = 0

/**
 * Keeps definitions by the content of their text, for a process that parses the same files again and again.
 * Off until asked for. What was used longest ago goes when the estimate of all exceeds `maxBytes`, the largest limit
 * of those who asked; the function that comes back ends it, and the last one to end it frees everything.
 */
export function rememberDefinitions(maxBytes: number): () => void {
  const limit = { maxBytes }
  limits.add(limit)
  return () => {
    limits.delete(limit)
    evict()
  }
}

/** The definitions of a text: remembered ones, or those that `parse` finds. */
export async function recall(
  text: string,
  language: Language,
  parse: () => Promise<readonly Definition[]>,
): Promise<readonly Definition[]> {
  if (limits.size === 0) return parse()
  const key = `${language}:${text.length}:${createHash('sha256').update(text, 'utf16le').digest('base64')}`
  const known = entries.get(key)
  if (known !== undefined) {
    entries.delete(key)
    entries.set(key, known)
    return known.definitions
  }
  const definitions = await parse()
  keep(key, definitions)
  return definitions
}

function keep(key: string, definitions: readonly Definition[]): void {
  if (limits.size === 0 || entries.has(key)) return
  const entry = { definitions, bytes: ENTRY_BYTES + DEFINITION_BYTES * definitions.length }
  entries.set(key, entry)
  bytes += entry.bytes
  evict()
}

function evict(): void {
  const maxBytes = Math.max(0, ...[...limits].map((limit) => limit.maxBytes))
  for (const [key, entry] of entries) {
    if (bytes <= maxBytes) return
    entries.delete(key)
    bytes -= entry.bytes
  }
}
