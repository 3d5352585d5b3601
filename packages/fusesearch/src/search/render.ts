import { historyRows } from './history/rows.ts'
import { suggestionRow } from './nearest/show.ts'
import { noticeRow } from './notices.ts'
import type { GrepContentObservation, Observation, ReadFileObservation } from './tool.ts'

/** Shown if a call found nothing at all. */
export const NO_MATCH = 'No match.'
export const NO_FILE = 'No file matches.'
/** Separates lines of one file that aren't adjacent, if context is shown. */
export const GAP = '--'

/** The observation as a model reads it, each row ended by a newline. Its UTF-8 length is `observation.bytes`. */
export function renderObservation(observation: Observation): string {
  const suggested = suggestionRow(observation)
  const own = observation.ok ? [...bodyRows(observation), ...observation.notices.map(noticeRow)] : [observation.message]
  const rows = suggested === undefined ? own : [...own, suggested]
  return rows.map((row) => `${row}\n`).join('')
}

/** The row of a line: its number, `:` for a match or a line read, `-` for context, its text. */
export function lineRow(line: { readonly line: number; readonly text: string; readonly isMatch?: boolean }): string {
  return `${line.line}${line.isMatch === false ? '-' : ':'}${line.text}`
}

/** The first row of a file that was read. */
export function fileRow(file: Pick<ReadFileObservation, 'lines' | 'path' | 'totalLines'>): string {
  const first = file.lines[0]?.line
  const last = file.lines.at(-1)?.line
  if (first === undefined || last === undefined) return `${file.path} (no lines of ${file.totalLines})`
  return `${file.path} (lines ${first}-${last} of ${file.totalLines})`
}

/** The count comes first: behind a path and a colon it would read as the number of a line. */
function countRow({ path, count }: { readonly path: string; readonly count: number }): string {
  return `${count} ${path}`
}

function bodyRows(observation: Observation & { readonly ok: true }): string[] {
  switch (observation.tool) {
    case 'glob':
      return observation.total === 0 ? [NO_FILE] : [...observation.paths]
    case 'read_file':
      return [fileRow(observation), ...observation.lines.map(lineRow)]
    case 'history':
      return [...historyRows(observation)]
    case 'grep':
      if (observation.totals.files === 0) return [NO_MATCH]
      if (observation.mode === 'paths') return [...observation.paths]
      if (observation.mode === 'counts') return observation.counts.map(countRow)
      return contentRows(observation)
  }
}

function contentRows(observation: GrepContentObservation): string[] {
  const rows: string[] = []
  for (const { path, lines } of observation.files) {
    if (rows.length > 0) rows.push('')
    rows.push(path)
    let previous: number | undefined
    for (const line of lines) {
      if (hasGap(previous, line.line, lines)) rows.push(GAP)
      rows.push(lineRow(line))
      previous = line.line
    }
  }
  return rows
}

/** Without context lines, most matches aren't adjacent, so gaps are marked only if there are context lines. */
function hasGap(
  previous: number | undefined,
  line: number,
  lines: GrepContentObservation['files'][number]['lines'],
): boolean {
  return previous !== undefined && line > previous + 1 && lines.some(({ isMatch }) => !isMatch)
}
