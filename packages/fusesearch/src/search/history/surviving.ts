import type { HistoryLines } from '../tool.ts'

/** Lines that a commit wrote in one place, as latin1 bytes. */
export interface WrittenLines {
  readonly startLine: number
  /** The line above that looks like the start of a function; empty if there is none. */
  readonly heading: string
  readonly added: readonly string[]
}

/** A commit's lines in one file. */
export interface WrittenByCommit {
  readonly id: string
  /** The score of each place. */
  readonly score: number
  readonly hunks: readonly WrittenLines[]
}

/** Shorter lines occur everywhere: brackets, `else:`, `return x`. */
const MIN_CHARACTERS = 10
/** A line that occurs in more places can't be traced to a commit. */
const MAX_PLACES = 4
/** Two places of one commit with at most this many lines between them become one range. */
const MAX_GAP = 3
/** The share of its score that a place keeps if only the function around it is left. */
const HEADING_SHARE = 0.6
const MAX_RANGES = 12

/**
 * Finds where the lines that commits wrote are in the present text. If none of a place's lines is left, the first line
 * of the function that held them counts instead. Best first, then by line.
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

/** The present line numbers, from 1, of the lines that commits wrote. */
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
