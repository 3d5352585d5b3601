import type {
  GrepContentObservation,
  GrepLine,
  Observation,
  ReadFileObservation,
  ShownLine,
} from '../../../search/index.ts'
import type { Place } from '../knowledge.ts'
import type { ShownLines } from './shown-lines.ts'

/** An observation without the lines that stand above already, and the rows that say where. */
export interface Hidden<T extends Observation> {
  readonly observation: T
  readonly rows: readonly string[]
  readonly hiddenLines: number
}

/** Fewer lines than this are shown again: saying where they stand would cost as much. */
const MIN_HIDDEN = 3
/** Runs of lines that one row names; what lies beyond is shown again. */
const MAX_RUNS = 12

type Lined = ReadFileObservation | GrepContentObservation

/** True for the observations that hold lines. */
export function isLined(observation: Observation): observation is Lined {
  return (
    observation.ok &&
    (observation.tool === 'read_file' || (observation.tool === 'grep' && observation.mode === 'content'))
  )
}

/**
 * Hides lines whose very text was shown before for the same line of the same file. A row names each run of them with
 * the call that showed it; matching lines are named as such, so that a grep still says where it matched.
 */
export function hideShown(observation: Lined, shown: ShownLines): Hidden<Lined> {
  if (observation.tool === 'read_file') {
    const { kept, rows, hiddenLines } = hideLines(observation.path, observation.lines, shown)
    return { observation: { ...observation, lines: kept }, rows, hiddenLines }
  }
  const rows: string[] = []
  let hiddenLines = 0
  const files = observation.files.flatMap((file) => {
    const hidden = hideLines(file.path, file.lines, shown)
    rows.push(...hidden.rows)
    hiddenLines += hidden.hiddenLines
    return hidden.kept.length === 0 ? [] : [{ path: file.path, lines: hidden.kept }]
  })
  return { observation: { ...observation, files }, rows, hiddenLines }
}

interface Run<L> {
  readonly place: Place
  readonly lines: L[]
}

function hideLines<L extends ShownLine | GrepLine>(
  path: string,
  lines: readonly L[],
  shown: ShownLines,
): { readonly kept: readonly L[]; readonly rows: readonly string[]; readonly hiddenLines: number } {
  const runs = runsOf(path, lines, shown).slice(0, MAX_RUNS)
  const hidden = new Set(runs.flatMap((run) => run.lines))
  const rows = hidden.size === 0 ? [] : [`[${path}, shown before: ${runs.map(nameRun).join('; ')}.]`]
  const saved = [...hidden].reduce((bytes, { text }) => bytes + Buffer.byteLength(text) + 6, 0)
  if (hidden.size < MIN_HIDDEN || saved <= Buffer.byteLength(rows[0] ?? ''))
    return { kept: lines, rows: [], hiddenLines: 0 }
  return { kept: lines.filter((line) => !hidden.has(line)), rows, hiddenLines: hidden.size }
}

/** Neighbouring lines that one call showed. Lines of a grep may lie apart: they are one run while the same call has them. */
function runsOf<L extends ShownLine | GrepLine>(path: string, lines: readonly L[], shown: ShownLines): Run<L>[] {
  const runs: Run<L>[] = []
  for (const line of lines) {
    const place = shown.where(path, line.line, line.text)
    if (place === undefined) continue
    const last = runs.at(-1)
    if (last !== undefined && last.place.turn === place.turn && last.place.call === place.call) last.lines.push(line)
    else runs.push({ place, lines: [line] })
  }
  return runs
}

function nameRun({ place, lines }: Run<ShownLine | GrepLine>): string {
  const matching = lines.filter((line) => 'isMatch' in line && line.isMatch).map(({ line }) => line)
  const isGrep = lines.some((line) => 'isMatch' in line)
  const named =
    isGrep && matching.length > 0 ? `matches ${ranges(matching)}` : `lines ${ranges(lines.map(({ line }) => line))}`
  return `${named} in turn ${place.turn}, call ${place.call + 1}`
}

function ranges(lines: readonly number[]): string {
  const parts: { from: number; to: number }[] = []
  for (const line of lines) {
    const last = parts.at(-1)
    if (last !== undefined && line === last.to + 1) last.to = line
    else parts.push({ from: line, to: line })
  }
  return parts.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ')
}
