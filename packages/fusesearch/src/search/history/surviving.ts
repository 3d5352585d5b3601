import type { HistoryLines } from '../tool.ts'

/** Where a commit wrote lines, as bytes (latin1). */
export interface WrittenLines {
  readonly startLine: number
  /** The line above that looks like the beginning of a function; empty without one. */
  readonly heading: string
  readonly added: readonly string[]
}

/** A commit's lines in one file. */
export interface WrittenByCommit {
  readonly id: string
  /** What each of its places counts. */
  readonly score: number
  readonly hunks: readonly WrittenLines[]
}

/** Shorter lines stand everywhere: brackets, `else:`, `return x`. */
const MIN_CHARACTERS = 10
/** A line that stands in more places is none that a commit can be known by. */
const MAX_PLACES = 4
/** Lines between two of the same commit that are told as one range. */
const MAX_GAP = 3
/** What a place counts of which no line is left but the function around it. */
const HEADING_SHARE = 0.6
const MAX_RANGES = 12

/**
 * The lines of today's text that commits wrote: by the lines themselves, and where none is left by the beginning of the
 * function that they stood in. Best first, then by line.
 */
export function survivingLines(text: string, commits: readonly WrittenByCommit[]): readonly HistoryLines[] {
  const places = placesOf(text, commits)
  const ranges = commits.flatMap(({ id, score, hunks }) =>
    hunks.flatMap((hunk): HistoryLines[] => {
      const lines = hunk.added.flatMap((line, index) => nearest(places.get(line.trim()), hunk.startLine + index) ?? [])
      const told = rangesOf(lines).map((range) => ({ ...range, commit: id, score }))
      if (told.length > 0) return told
      const heading = nearest(places.get(hunk.heading.trim()), hunk.startLine)
      if (heading === undefined) return []
      return [{ startLine: heading, endLine: heading, commit: id, score: score * HEADING_SHARE }]
    }),
  )
  return ranges.sort((a, b) => b.score - a.score || a.startLine - b.startLine).slice(0, MAX_RANGES)
}

/** Where the lines that commits wrote stand in the text now, from 1. */
function placesOf(text: string, commits: readonly WrittenByCommit[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>()
  for (const { hunks } of commits) {
    for (const { added, heading } of hunks) {
      for (const line of [heading, ...added]) if (line.trim().length >= MIN_CHARACTERS) places.set(line.trim(), [])
    }
  }
  if (places.size > 0) for (const [index, line] of text.split('\n').entries()) places.get(line.trim())?.push(index + 1)
  return places
}

function nearest(places: readonly number[] | undefined, wanted: number): number | undefined {
  if (places === undefined || places.length > MAX_PLACES) return undefined
  return places.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0]
}

function rangesOf(lines: readonly number[]): { startLine: number; endLine: number }[] {
  const ranges: { startLine: number; endLine: number }[] = []
  for (const line of new Set(lines.toSorted((a, b) => a - b))) {
    const last = ranges.at(-1)
    if (last !== undefined && line - last.endLine <= MAX_GAP) last.endLine = line
    else ranges.push({ startLine: line, endLine: line })
  }
  return ranges
}
