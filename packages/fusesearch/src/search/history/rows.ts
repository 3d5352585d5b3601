import type { HistoryCommit, HistoryObservation, HistoryPath } from '../tool.ts'

/** Shown if no message contains a word of the query. */
const NO_COMMIT = 'No commit matches.'

/** The observation's body as a model reads it. */
export function historyRows(found: Pick<HistoryObservation, 'commits' | 'paths' | 'total'>): readonly string[] {
  if (found.total === 0) return [NO_COMMIT]
  return [
    headingRow(found.commits.length, found.total),
    ...found.paths.flatMap(pathRows),
    ...found.commits.flatMap(commitRows),
  ]
}

/** Every file that an observation names. */
export function historyPaths({ commits, paths }: Pick<HistoryObservation, 'commits' | 'paths'>): ReadonlySet<string> {
  return new Set([...paths.map(({ path }) => path), ...commits.flatMap((commit) => commit.paths)])
}

/** The first row: how many commits are shown of how many. */
export function headingRow(shown: number, total: number): string {
  return `Files of the best ${shown} of ${total} commits that hold a word of the query, then the commits`
}

/** A ranked file and the lines that commits wrote in it, one row per commit. */
export function pathRows({ path, score, lines = [] }: HistoryPath): readonly string[] {
  const byCommit = new Map<string, string[]>()
  for (const { commit, startLine, endLine } of lines) {
    const range = startLine === endLine ? `${startLine}` : `${startLine}-${endLine}`
    byCommit.set(commit, [...(byCommit.get(commit) ?? []), range])
  }
  const rows = [...byCommit].map(([commit, ranges]) => `  lines ${ranges.join(', ')} by ${commit}`)
  return [`${score.toFixed(3)} ${path}`, ...rows]
}

/** A commit and its files. */
export function commitRows({ id, date, subject, score, paths, changed }: HistoryCommit): readonly string[] {
  const others = (changed ?? 0) - paths.length
  return [
    '',
    `${id} ${date} ${score.toFixed(1)} ${subject}`,
    ...paths.map((path) => `  ${path}`),
    ...(others > 0 ? [`  (and ${others} more ${others === 1 ? 'path' : 'paths'}, or files that are gone)`] : []),
  ]
}
