import type { StructuredPatchHunk } from 'diff'
import { badPatch } from './patch.ts'

/** A text after its hunks, and the lines that they touched, by their number in the old text, from 1. */
export interface Applied {
  readonly text: string
  readonly removed: readonly number[]
  /** Insertions, each by the line before it; 0 at the beginning of the file. */
  readonly insertedAfter: readonly number[]
}

/** A hunk that fits only further away from its stated line counts as not fitting. */
const MAX_OFFSET = 2000

/** A line of a hunk: kept, removed or added. `text` has its line end, unless the file ends there without one. */
interface HunkLine {
  readonly sign: ' ' | '-' | '+'
  readonly text: string
}

/**
 * Applies hunks in order with fuzz 0: every kept and removed line must be there. A hunk may fit at another line than
 * stated (the nearest fit after the previous hunk wins), as with `git apply`. Line ends may differ; spaces may differ
 * when the hunk fits nowhere else.
 * @throws FuseSearchError `bad-patch` naming the first hunk that doesn't fit.
 */
export function applyHunks(text: string, hunks: readonly StructuredPatchHunk[], path: string): Applied {
  const lines = splitLines(text)
  const parts: string[] = []
  const removed: number[] = []
  const insertedAfter: number[] = []
  let done = 0
  let offset = 0
  for (const hunk of hunks) {
    const changes = readHunk(hunk)
    const old = changes.filter((line) => line.sign !== '+').map((line) => line.text)
    const stated = hunk.oldStart - 1
    const at = findFit({ lines, old, from: done, wanted: stated + offset })
    if (at === undefined)
      throw badPatch(`the patch doesn't apply: the hunk at line ${hunk.oldStart} doesn't match ${path}`)
    offset = at - stated
    parts.push(...lines.slice(done, at))
    done = at
    for (const { sign, text: line } of changes) {
      if (sign === ' ') parts.push(lines[done] ?? '')
      else if (sign === '-') removed.push(done + 1)
      else {
        parts.push(line)
        if (insertedAfter.at(-1) !== done) insertedAfter.push(done)
      }
      if (sign !== '+') done += 1
    }
  }
  parts.push(...lines.slice(done))
  return { text: parts.join(''), removed, insertedAfter }
}

/** The added lines of a file that the patch creates. */
export function createdText(hunks: readonly StructuredPatchHunk[]): string {
  return hunks.flatMap((hunk) => readHunk(hunk).map((line) => (line.sign === '+' ? line.text : ''))).join('')
}

function readHunk(hunk: StructuredPatchHunk): HunkLine[] {
  const lines: HunkLine[] = []
  for (const [index, raw] of hunk.lines.entries()) {
    if (raw.startsWith('\\')) continue
    // Editors strip the space of an empty kept line.
    const sign = raw[0] === '-' || raw[0] === '+' ? raw[0] : ' '
    const isUnended = hunk.lines[index + 1]?.startsWith('\\') === true
    lines.push({ sign, text: raw.slice(1) + (isUnended ? '' : '\n') })
  }
  return lines
}

interface Search {
  readonly lines: readonly string[]
  readonly old: readonly string[]
  readonly from: number
  readonly wanted: number
}

/** The first try compares spaces; the second ignores them, for patches made that way (Defects4J's). */
function findFit(search: Search): number | undefined {
  return findPlace(search, withoutLineEnd) ?? findPlace(search, withoutSpaces)
}

function findPlace({ lines, old, from, wanted }: Search, essence: (line: string) => string): number | undefined {
  const last = lines.length - old.length
  const expected = old.map(essence)
  const fits = (at: number): boolean =>
    at >= from && at <= last && expected.every((line, index) => line === essence(lines[at + index] ?? ''))
  if (fits(wanted)) return wanted
  // Without old lines, the place can't be searched.
  if (old.length === 0) return undefined
  for (let distance = 1; distance <= MAX_OFFSET; distance += 1) {
    if (fits(wanted - distance)) return wanted - distance
    if (fits(wanted + distance)) return wanted + distance
  }
  return undefined
}

function withoutLineEnd(line: string): string {
  return line.replace(/\r?\n$/, '')
}

function withoutSpaces(line: string): string {
  return line.replace(/\s+/g, '')
}

/** Lines with their line ends; only a line feed ends a line, as in git. */
function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}
