import { FuseSearchError, largestOf, untilAborted } from '../../core/index.ts'
import { shownPath } from '../names.ts'
import { readWhole } from '../open-file.ts'
import { type CallFailure, mapLimited, openScope, type Scope } from '../scope.ts'
import type { HistoryArguments, HistoryCommit, HistoryPath } from '../tool.ts'
import type { Tree } from '../tree.ts'
import type { ChangedFiles, CommitHistory, WrittenFile } from './commit-history.ts'
import { presentPaths } from './present-paths.ts'
import { scoreCommits } from './score.ts'
import { survivingLines, type WrittenByCommit } from './surviving.ts'

/** What a history call needs from its turn. */
export interface HistoryContext {
  readonly tree: Tree
  readonly scope: Scope
  readonly history: CommitHistory | undefined
  /** How long to wait for the commits, in milliseconds. */
  readonly historyMs: number
}

/** What a query found, before the run's limits cut it. */
export interface FoundCommits {
  readonly ok: true
  readonly commits: readonly HistoryCommit[]
  readonly paths: readonly HistoryPath[]
  readonly total: number
  readonly leftOut: readonly string[]
}

/** Most commits shown, and the number shown by default. */
export const MAX_HEAD_COMMITS = 200
const DEFAULT_HEAD_COMMITS = 20
/** Most files named per commit; the rest are counted. A commit that changed more says little about each. */
const MAX_PATHS_OF_COMMIT = 20
const ID_CHARACTERS = 12

/** Ranks the commits by a query and names their files. If the history can't be read, only this call fails. */
export async function findCommits(
  context: HistoryContext,
  asked: HistoryArguments,
): Promise<FoundCommits | CallFailure> {
  const { history, scope } = context
  if (history === undefined) return unavailable('The history tool is off in this run. Use grep, glob and read_file.')
  const time = openScope([scope.signal], context.historyMs)
  try {
    return await search({ ...context, scope: time }, history, asked)
  } catch (error) {
    const failure = scope.failure()
    if (failure !== undefined) return failure
    if (time.signal.aborted) return unavailable(tooSlow(context.historyMs))
    if (error instanceof FuseSearchError) return unavailable(`There is no history: ${error.message}`)
    throw error
  } finally {
    time.close()
  }
}

function tooSlow(ms: number): string {
  return `The commits could not be read within ${Math.round(ms)} ms, so the search goes on without history. A longer deadline allows it; the next search has what was read meanwhile.`
}

function unavailable(message: string): CallFailure {
  return { ok: false, code: 'unavailable', message }
}

async function search(
  { scope, tree }: HistoryContext,
  history: CommitHistory,
  { query, headLimit = DEFAULT_HEAD_COMMITS }: HistoryArguments,
): Promise<FoundCommits> {
  // All calls share one read of the history, so an aborted call stops waiting but doesn't end the read.
  const { index, walk, leftOut } = await untilAborted(history.listCommits(), scope.signal)
  const { times, subjects } = index.columns
  const scores = scoreCommits(query, index, walk)
  const matches = [...walk.order.keys()]
    .filter((at) => (scores[at] ?? 0) > 0)
    // The sort is stable, so the newer of two equal commits stays first.
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0))
  const best = matches.slice(0, Math.min(headLimit, MAX_HEAD_COMMITS)).map((at): Match => {
    const place = walk.order[at] ?? 0
    const said = { id: index.idOf(place), committedS: times[place] ?? 0, subject: subjects[place] ?? '' }
    return { ...said, score: scores[at] ?? 0 }
  })
  const ids = best.map(({ id }) => id)
  const [changed, written] = await Promise.all([
    history.readPaths(ids, scope.signal),
    history.readLines(ids.slice(0, MAX_READ_COMMITS), scope.signal),
  ])
  const then = [...changed.values()].flatMap(({ paths }) => paths)
  const writtenThen = [...written.values()].flat().map(({ path }) => path)
  const today = await findToday(tree, [...then, ...writtenThen].map(shownPath), scope.signal)
  const named = best.map((match) => nameFiles(match, changed.get(match.id), today))
  const lost = ids.filter((id) => !changed.has(id)).length
  return {
    ok: true,
    commits: named.map((one) => one.shown),
    paths: await withLines(tree, rankPaths(named), writtenBy(best, written, today)),
    total: matches.length,
    leftOut: lost === 0 ? leftOut : [...leftOut, missingTrees(lost, ids.length)],
  }
}

/** The present path of a file that an earlier commit changed; undefined if the file is gone. */
type Today = (path: string) => string | undefined

/** Where files lie now that commits changed. The paths of both are shown ones. */
async function findToday(tree: Tree, changed: readonly string[], signal: AbortSignal): Promise<Today> {
  let present: ReadonlyMap<string, string> = new Map()
  const find = (files: readonly string[]): Promise<readonly string[]> => {
    present = presentPaths(changed, files)
    return Promise.resolve([...new Set(present.values())])
  }
  const sure = new Set(await tree.chooseFiles(find, signal))
  return (path) => {
    const now = present.get(path)
    return now !== undefined && sure.has(now) ? now : undefined
  }
}

interface Named {
  readonly shown: HistoryCommit
  /** All files of the tree that the commit changed, before the cut. */
  readonly files: readonly string[]
}

/** A commit whose message contains a word of the query. */
interface Match {
  readonly id: string
  readonly committedS: number
  readonly subject: string
  readonly score: number
}

function nameFiles({ id, committedS, subject, score }: Match, changed: ChangedFiles | undefined, today: Today): Named {
  const files = [...new Set((changed?.paths ?? []).flatMap((path) => today(shownPath(path)) ?? []))]
  const shown = {
    id: id.slice(0, ID_CHARACTERS),
    date: dayOf(committedS),
    subject,
    score: round(score),
    paths: files.slice(0, MAX_PATHS_OF_COMMIT),
    changed: changed?.total ?? null,
  }
  return { shown, files }
}

/** The last second of the year 9999: a commit can carry any time, and a date needs four digits. */
const LAST_S = 253_402_300_799

function dayOf(seconds: number): string {
  const sane = Math.min(LAST_S, Math.max(0, Number.isFinite(seconds) ? seconds : 0))
  return new Date(sane * 1_000).toISOString().slice(0, 10)
}

/** Each commit adds its score to its files: all of it to a single file, and less to each the more files it changed. */
function rankPaths(commits: readonly Named[]): HistoryPath[] {
  const sums = new Map<string, number>()
  for (const { shown, files } of commits) {
    const gain = shown.score ** SCORE_POWER / Math.max(1, shown.changed ?? 1) ** SHARE_POWER
    for (const path of files) sums.set(path, (sums.get(path) ?? 0) + gain)
  }
  const top = largestOf(sums.values(), 0)
  return [...sums]
    .map(([path, sum]) => ({ path, score: Math.max(SMALLEST_SCORE, round(sum / top)) }))
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1))
}

interface FileOfCommit extends WrittenByCommit {
  readonly path: string
}

/** The best commits, grouped by the files in which they wrote lines. */
function writtenBy(
  best: readonly Match[],
  written: ReadonlyMap<string, readonly WrittenFile[]>,
  today: Today,
): ReadonlyMap<string, readonly WrittenByCommit[]> {
  const top = Math.max(Number.EPSILON, best[0]?.score ?? 0)
  const files = best.flatMap(({ id, score }): FileOfCommit[] => {
    const own = written.get(id) ?? []
    const places = own.reduce((sum, { hunks }) => sum + hunks.length, 0)
    const share = round((score / top) ** SCORE_POWER / Math.max(1, places) ** SHARE_POWER)
    return own.flatMap(({ path: then, hunks }) => {
      const path = today(shownPath(then))
      return path === undefined ? [] : [{ path, id: id.slice(0, ID_CHARACTERS), score: share, hunks }]
    })
  })
  const byPath = new Map<string, FileOfCommit[]>()
  for (const file of files) byPath.set(file.path, [...(byPath.get(file.path) ?? []), file])
  return byPath
}

/** Adds the lines that commits wrote to the best files, at their present positions. */
function withLines(
  tree: Tree,
  paths: readonly HistoryPath[],
  written: ReadonlyMap<string, readonly WrittenByCommit[]>,
): Promise<HistoryPath[]> {
  const told = paths.map((path, rank) => ({
    path,
    commits: rank < MAX_READ_FILES ? written.get(path.path) : undefined,
  }))
  return mapLimited(told, READS_AT_ONCE, async ({ path, commits }) => {
    if (commits === undefined) return path
    const read = await readWhole(tree, path.path, MAX_READ_BYTES)
    const lines = read.kind === 'text' ? survivingLines(read.text.toString('latin1'), commits) : []
    return lines.length === 0 ? path : { ...path, lines }
  })
}

/** Lines are read only for this many of the best commits and files. */
const MAX_READ_COMMITS = 12
const MAX_READ_FILES = 15
const MAX_READ_BYTES = 1_000_000
const READS_AT_ONCE = 4

/** Chosen on the training repositories. */
const SCORE_POWER = 2
const SHARE_POWER = 0.5
const SMALLEST_SCORE = 0.001

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}

function missingTrees(lost: number, commits: number): string {
  return `The clone lacks the trees of ${lost} of ${commits} commits, or they changed too many files, so their files are not named. To have missing trees: git fetch --refetch --filter=blob:none.`
}
