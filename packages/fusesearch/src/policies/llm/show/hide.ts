import type {
  GrepContentObservation,
  GrepLine,
  Observation,
  ReadFileObservation,
  ShownLine,
} from '../../../search/index.ts'
import type { CallPosition } from '../knowledge.ts'

/** A line in the conversation, and the call that showed it. */
interface Shown extends CallPosition {
  readonly text: string
}

/** The lines that the model can still read in the conversation. */
export class ShownLines {
  readonly #files = new Map<string, Map<number, Shown>>()
  readonly #paths = new Set<string>()

  /** The call that showed the line with this text; undefined if none did, or the line was cut at another length. */
  where(path: string, line: number, text: string): CallPosition | undefined {
    const shown = this.#files.get(path)?.get(line)
    return shown?.text === text ? shown : undefined
  }

  add(path: string, line: { readonly line: number; readonly text: string }, place: CallPosition): void {
    const file = this.#files.get(path) ?? new Map<number, Shown>()
    this.#files.set(path, file)
    file.set(line.line, { turn: place.turn, call: place.call, text: line.text })
  }

  /** True for a path that was not named before. From then on it counts as named. */
  isNewPath(path: string): boolean {
    const isNew = !this.#paths.has(path)
    this.#paths.add(path)
    return isNew
  }

  /** Forgets what a turn showed, because its results are folded. */
  forget(turn: number): void {
    for (const file of this.#files.values()) {
      for (const [line, shown] of file) if (shown.turn === turn) file.delete(line)
    }
  }
}

/** An observation without lines that were shown before, and rows that say where these are. */
export interface Hidden<T extends Observation> {
  readonly observation: T
  readonly rows: readonly string[]
  readonly hiddenLines: number
}

/** Fewer lines are shown again, since saying where they are would take as much space. */
const MIN_HIDDEN = 3
/** Most runs of lines that one row names; lines beyond them are shown again. */
const MAX_RUNS = 12

type Lined = ReadFileObservation | GrepContentObservation

/** True for an observation that holds lines. */
export function isLined(observation: Observation): observation is Lined {
  return (
    observation.ok &&
    (observation.tool === 'read_file' || (observation.tool === 'grep' && observation.mode === 'content'))
  )
}

/**
 * Hides lines that were shown before with the same text. A row names each run of hidden lines and the call that showed
 * it. The row marks matching lines, so that a grep still says where it matched.
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
  readonly place: CallPosition
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

/** Groups hidden lines by the call that showed them. The lines of a group need not be adjacent. */
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
