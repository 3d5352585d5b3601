import { type Allowance, limitInWords, noticeBytes, Rows, rowBytes } from '../notices.ts'
import type { HistoryCommit, HistoryObservation, HistoryPath, Notice } from '../tool.ts'
import { commitRows, headingRow, historyRows, pathRows } from './rows.ts'
import type { FoundCommits } from './search.ts'

/** Most ranked files shown; the commits below name the others. */
const MAX_RANKED_FILES = 50

/** Cuts a query's result to the run's allowance: ranked files first, then commits. */
export function showCommits(found: FoundCommits, allowance: Allowance): HistoryObservation {
  const rows = new Rows(allowance)
  rows.take(rowBytes(headingRow(found.commits.length, found.total)), 0)
  const ranked = found.paths.slice(0, MAX_RANKED_FILES)
  const paths: HistoryPath[] = []
  for (const path of ranked) {
    const own = pathRows(path)
    if (!rows.take(bytesOf(own), own.length)) break
    paths.push(path)
  }
  const commits: HistoryCommit[] = []
  for (const commit of found.commits) {
    const own = commitRows(commit)
    if (!rows.take(bytesOf(own), own.length - 1)) break
    commits.push(commit)
  }
  const notices: Notice[] = found.leftOut.map((message) => ({ limit: 'history', message }))
  if (rows.full !== undefined) notices.push(cutNotice(found.commits.length - commits.length, rows.full, allowance))
  const shown = { commits, paths, total: found.total }
  const body = bytesOf(historyRows(shown))
  return { ok: true, tool: 'history', ...shown, notices, bytes: body + noticeBytes(notices) }
}

function bytesOf(rows: readonly string[]): number {
  return rows.reduce((sum, row) => sum + rowBytes(row), 0)
}

function cutNotice(cut: number, limit: 'callBytes' | 'callLines' | 'runBytes', allowance: Allowance): Notice {
  const words = limitInWords(limit, allowance)
  return {
    limit,
    message: `${cut} commits left out (${words}). A smaller headLimit or rarer words show the best ones.`,
  }
}
