import { createHash } from 'node:crypto'
import type { Outline } from './parse.ts'

/** What an entry and each definition of it are taken to weigh in memory. */
const ENTRY_BYTES = 300
const DEFINITION_BYTES = 300

interface Entry {
  readonly outline: Outline
  readonly bytes: number
}

/** What parsing gave. It is kept when it is final: it follows from text and language alone, so it is never stale. */
export interface Parsed {
  readonly outline: Outline
  readonly isFinal: boolean
}

/** Entries in the order of their last use. */
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

/** The outline of a text read as `language` (or another type of file): a remembered one, or what `parse` finds. */
export async function recall(text: string, language: string, parse: () => Promise<Parsed>): Promise<Outline> {
  if (limits.size === 0) return (await parse()).outline
  const key = `${language}:${text.length}:${createHash('sha256').update(text, 'utf16le').digest('base64')}`
  const known = entries.get(key)
  if (known !== undefined) {
    entries.delete(key)
    entries.set(key, known)
    return known.outline
  }
  const { outline, isFinal } = await parse()
  if (isFinal) keep(key, outline)
  return outline
}

function keep(key: string, outline: Outline): void {
  if (limits.size === 0 || entries.has(key)) return
  const entry = { outline, bytes: ENTRY_BYTES + DEFINITION_BYTES * outline.definitions.length }
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
