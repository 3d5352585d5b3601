import type { Clock } from 'fusesearch/core'

/**
 * Rows as aligned columns: the first two columns left, the others right. `head` names the columns, separated by `|`.
 * Columns that don't fit into `width` characters go into another table below, after the first two again.
 */
export function renderColumns(
  head: string,
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const all = [head.split('|'), ...rows]
  const widths = head.split('|').map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const cell = (row: readonly string[], column: number): string =>
    column < 2 ? (row[column] ?? '').padEnd(widths[column] ?? 0) : (row[column] ?? '').padStart(widths[column] ?? 0)
  const tables = partsOf(widths, width).map((columns) =>
    all
      .map(
        (row) =>
          `${columns
            .map((column) => cell(row, column))
            .join(GAP)
            .trimEnd()}\n`,
      )
      .join(''),
  )
  return tables.join('\n')
}

const GAP = '  '

/** The columns of each table; each has at least one after the first two. */
function partsOf(widths: readonly number[], width: number): readonly (readonly number[])[] {
  if (widths.length <= 2) return [[...widths.keys()]]
  const parts: number[][] = []
  let left = Number.NEGATIVE_INFINITY
  const taken = (columns: readonly number[]): number =>
    columns.reduce((sum, column) => sum + (widths[column] ?? 0) + GAP.length, -GAP.length)
  for (let column = 2; column < widths.length; column++) {
    const needed = (widths[column] ?? 0) + GAP.length
    if (needed > left) {
      parts.push([0, 1])
      left = width - taken([0, 1])
    }
    parts.at(-1)?.push(column)
    left -= needed
  }
  return parts
}

const BAR = 12

/** A share in [0, 1] as a bar. */
export function barOf(share: number): string {
  return '█'.repeat(Math.round(Math.min(1, Math.max(0, share)) * BAR)).padEnd(BAR, '·')
}

/** A share as percent with one decimal. */
export function percentOf(share: number): string {
  return (100 * share).toFixed(1)
}

/** A duration as `0:32`, or `1:02:03` from an hour on. */
export function clockTime(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const tail = `:${String(seconds % 60).padStart(2, '0')}`
  return hours === 0 ? `${minutes}${tail}` : `${hours}:${String(minutes).padStart(2, '0')}${tail}`
}

/** Output of a status line; a terminal has columns. */
export interface StatusStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** A line that shows the progress of a command. */
export interface StatusLine {
  /** Shows the line if the last one is old enough, or at once if `isDue`. */
  show(line: string, isDue?: boolean): void
  /** Erases the line from a terminal. */
  end(): void
}

/** Minimum time between two updates of a terminal's line. */
const REDRAW_MS = 100
const DEFAULT_COLUMNS = 80

/** A terminal's line is redrawn in place and never wrapped; a log gets a line every `logMs`, or none without it. */
export function createStatusLine(
  stream: StatusStream,
  { clock, logMs }: { readonly clock: Clock; readonly logMs?: number },
): StatusLine {
  const isTerminal = stream.isTTY === true
  const everyMs = isTerminal ? REDRAW_MS : logMs
  let shown = { line: '', ms: Number.NEGATIVE_INFINITY }
  return {
    show(line, isDue = false) {
      const nowMs = clock.nowMs()
      if (everyMs === undefined || (!isDue && nowMs - shown.ms < everyMs)) return
      const drawn = line.slice(0, (stream.columns ?? DEFAULT_COLUMNS) - 1)
      // The rest of a longer line is erased after the new one: erasing first would flicker.
      if (line !== shown.line) stream.write(isTerminal ? `\r${drawn}\u001b[K` : `${line}\n`)
      shown = { line, ms: nowMs }
    },
    end() {
      if (isTerminal && shown.line !== '') stream.write('\r\u001b[K')
      shown = { line: '', ms: Number.NEGATIVE_INFINITY }
    },
  }
}
