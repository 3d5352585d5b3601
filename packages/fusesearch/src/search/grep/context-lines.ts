import type { GrepLine } from '../tool.ts'
import { decodeLine, type FileHits, type HitLine } from './hits.ts'

/** The source of the text around a match. */
export interface ContextSource {
  readonly maxLineLength: number
  /** The file as UTF-8 text, or undefined if it can't be read any more. */
  readonly read: (path: string) => Promise<Buffer | undefined>
}

/** A line that may be shown. */
export interface ContextLine extends GrepLine {
  readonly isCut: boolean
}

/** Matches of one file that need the lines around them. */
export interface ContextRequest {
  readonly file: FileHits
  readonly hits: readonly HitLine[]
  /** Lines before and after each match. */
  readonly context: number
  readonly source: ContextSource
}

/** The matches with the lines around them, each line once, in order. */
export async function withContext(request: ContextRequest): Promise<ContextLine[]> {
  const { file, hits, context, source } = request
  const bytes = await source.read(file.path)
  const matches = new Map(hits.map((hit) => [hit.line, hit]))
  if (bytes === undefined) return asMatches(hits)
  const lines: ContextLine[] = []
  let start = 0
  let line = 1
  let next = 0
  while (start < bytes.length && next < hits.length) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline === -1 ? bytes.length : newline
    const match = matches.get(line)
    while (next < hits.length && (hits[next]?.line ?? 0) + context < line) next += 1
    const isNear = next < hits.length && (hits[next]?.line ?? 0) - context <= line
    if (match !== undefined) lines.push({ ...match, isMatch: true })
    else if (isNear) lines.push({ ...decodeLine({ line, bytes, start, end }, source.maxLineLength), isMatch: false })
    start = end + 1
    line += 1
  }
  return lines
}

/** The matches without anything around them. */
export function asMatches(hits: readonly HitLine[]): ContextLine[] {
  return hits.map(({ line, text, isCut }) => ({ line, text, isCut, isMatch: true }))
}
