import { join } from 'node:path'
import { Lru } from '../../core/index.ts'
import type { Environment, LoggedCommit, PathChange, Repository } from '../../git/index.ts'
import { cacheFolder, KEPT_COMMITS } from '../../programs/index.ts'
import type { ChangedFiles, CommitHistory, PastCommits, WrittenFile } from '../history/commit-history.ts'
import { CommitIndex, type Edge, type ReadCommit, type Walk } from '../history/commit-index.ts'
import type { Call } from '../tool.ts'
import { keptFile, loadCommits, saveCommits } from './kept-commits.ts'

/** What every place has. `keepIn`: the cache folder for commits; without it each search reads them again. */
interface Kept {
  readonly keepIn?: string | undefined
}

/** Which commits a tree's `history` searches: the ancestors of what is checked out, or of a given commit. */
export type HistoryPlace = Kept & PlaceOfCommits

type PlaceOfCommits =
  | { readonly kind: 'checked-out'; readonly environment: Environment }
  | {
      readonly kind: 'commit'
      readonly repository: Repository
      /** Full hash. */
      readonly commit: string
      /** The tree's path in the repository: empty, or ending in `/`. */
      readonly prefix: string
    }

/** The ancestors of what is checked out, cached in the user's cache folder. */
export function checkedOut(environment: Environment): HistoryPlace {
  return { kind: 'checked-out', environment, keepIn: keptCommits(cacheFolder(environment)) }
}

/** The folder for commits inside a cache folder. */
export function keptCommits(cache: string): string {
  return join(cache, KEPT_COMMITS)
}

/** Where a caller's own calls get their commits from. Nothing is read unless one of the calls is `history`. */
export function historyFor(calls: readonly Call[], environment: Environment): HistoryPlace | undefined {
  return calls.some(({ tool }) => tool === 'history') ? checkedOut(environment) : undefined
}

/** Most commits that are searched, newest first. */
export const MAX_HISTORY_COMMITS = 5_000

/** A commit with its ancestors, and their messages. */
export interface KnownCommits {
  readonly index: CommitIndex
  /** The commit itself and its ancestors. */
  readonly walk: Walk
  readonly isShallow: boolean
  /** Settles when new commits are saved for the next search. */
  readonly kept: Promise<void>
}

/** Reads a commit (full hash) and its ancestors, or returns them from a cache. */
export type ReadPast = (place: {
  readonly repository: Repository
  readonly commit: string
  readonly keepIn?: string | undefined
}) => Promise<KnownCommits>

/** Reads with git what isn't cached; `signal` ends the process. */
export function readPast(signal: AbortSignal): ReadPast {
  return async ({ repository, commit, keepIn }) => {
    const { parentsMayChange, readCommits, sharedFolder } = await import('../../git/index.ts')
    const { isShallow, hasGrafts } = await parentsMayChange(repository)
    const isKept = keepIn !== undefined && !isShallow && !hasGrafts
    const file = isKept ? keptFile(keepIn, await sharedFolder(repository)) : undefined
    const kept = (file === undefined ? undefined : await loadCommits(file)) ?? new CommitIndex()
    const read = (without: readonly string[]): ReturnType<typeof readCommits> =>
      readCommits({ repository, commit, without, limit: MAX_HISTORY_COMMITS, signal })
    const { index, walk } = await completed(kept, commit, read)
    const saved = file === undefined || index === kept ? undefined : saveCommits(file, index)
    return { index, walk, isShallow, kept: saved ?? Promise.resolve() }
  }
}

/** Most commits in an index; a full index is rebuilt from nothing. */
const MAX_INDEXED_COMMITS = 5 * MAX_HISTORY_COMMITS

/** Most cached heads that git gets as stopping points. */
const MAX_HEADS = 8

/** The index with a commit and its ancestors up to the limit, and the walk through them. */
async function completed(
  kept: CommitIndex,
  commit: string,
  read: (
    without: readonly string[],
  ) => Promise<{ readonly commits: readonly ReadCommit[]; readonly edges: readonly Edge[] }>,
): Promise<{ readonly index: CommitIndex; readonly walk: Walk }> {
  const known = kept.walk(commit, MAX_HISTORY_COMMITS)
  if (known !== undefined) return { index: kept, walk: known }
  if (kept.columns.commits > 0 && kept.columns.commits < MAX_INDEXED_COMMITS) {
    // A cached head may be gone from the repository; then everything is read again.
    const added = await read(kept.heads(MAX_HEADS)).catch(() => undefined)
    const index = added && kept.with(added.commits, added.edges)
    const walk = index?.walk(commit, MAX_HISTORY_COMMITS)
    if (index !== undefined && walk !== undefined) return { index, walk }
  }
  const { commits, edges } = await read([])
  const base = kept.columns.commits < MAX_INDEXED_COMMITS ? kept : new CommitIndex()
  const index = base.with(commits, edges)
  const walk = index.walk(commit, MAX_HISTORY_COMMITS)
  if (walk !== undefined) return { index, walk }
  // With badly set clocks git may list the commits in another order, so its own order is kept.
  return { index, walk: { order: Uint32Array.from(commits, ({ id }) => index.find(id) ?? 0), isCut: edges.length > 0 } }
}

/** Histories that a pool keeps in memory, about 5 MB each. */
const MAX_REMEMBERED = 4

/** Caches the last few histories. A commit's ancestors never change, so an entry by hash is never stale. */
export function rememberPast(read: ReadPast): ReadPast {
  const known = new Lru<string, Promise<KnownCommits>>({ maxEntries: MAX_REMEMBERED })
  return (place) => {
    const key = `${place.commit} ${place.repository.gitDir}`
    const remembered = known.get(key)
    if (remembered !== undefined) return remembered
    const found = read(place)
    known.set(key, found)
    // Don't cache a failure: the next try may succeed.
    found.catch(() => known.delete(key))
    // Don't cache a shallow clone: it may be deepened.
    found.then(({ isShallow }) => isShallow && known.delete(key)).catch(() => undefined)
    return found
  }
}

/** What to open. */
export interface HistoryOptions {
  readonly root: string
  readonly place: HistoryPlace
  readonly read: ReadPast
  /** Aborting it ends the reads that serve only this tree. */
  readonly signal: AbortSignal
}

/** The history of an open tree. */
export interface OpenHistory extends CommitHistory {
  /** Says where the commits come from, if not from the tree's own folder; empty until that is known. */
  notices(): readonly string[]
  /** Waits for reads that are still running. */
  settle(): Promise<void>
}

/** Starts to read a tree's history, so that it is ready for the first call. That call also gets any failure. */
export function openHistory({ root, place, read, signal }: HistoryOptions): OpenHistory {
  const located = locateCommit(root, place, signal)
  let notices: readonly string[] = []
  const past = located.then((found) => {
    notices = found.notices
    return read({ ...found, keepIn: place.keepIn })
  })
  const kept = past.then((known) => known.kept)
  kept.catch(() => undefined)
  const running = new Set<Promise<unknown>>([kept])
  return {
    async listCommits() {
      return toPast(await past)
    },
    async readPaths(ids, turnSignal) {
      const { repository, prefix } = await located
      const { index } = await past
      const commits = ids.map((id) => ({ id, parents: index.parentsOf(index.find(id) ?? 0) }))
      const reading = readFiles({ repository, prefix, commits, signal: turnSignal })
      running.add(reading)
      return reading.finally(() => running.delete(reading))
    },
    async readLines(ids, turnSignal) {
      const { repository, prefix } = await located
      const { index } = await past
      const commits = ids.map((id) => ({ id, parents: index.parentsOf(index.find(id) ?? 0) }))
      const reading = readWritten({ repository, prefix, commits, signal: turnSignal })
      running.add(reading)
      return reading.finally(() => running.delete(reading))
    },
    notices: () => notices,
    async settle() {
      await Promise.allSettled(running)
    },
  }
}

interface Located {
  readonly repository: Repository
  readonly commit: string
  /** As bytes (latin1). */
  readonly prefix: string
  readonly notices: readonly string[]
}

async function locateCommit(root: string, place: HistoryPlace, signal: AbortSignal): Promise<Located> {
  // A caller that names a commit has already opened the repository and knows the tree's path in it.
  if (place.kind === 'commit') return { ...place, prefix: Buffer.from(place.prefix).toString('latin1'), notices: [] }
  const { elsewhereNotice, headAt } = await import('../../git/index.ts')
  const found = await headAt({ path: root, environment: place.environment, signal })
  const elsewhere = elsewhereNotice(found.repository)
  return { ...found, notices: elsewhere === undefined ? [] : [elsewhere] }
}

function toPast({ index, walk, isShallow }: KnownCommits): PastCommits {
  const leftOut = [
    ...(walk.isCut
      ? [`Only the newest ${MAX_HISTORY_COMMITS} commits were searched. For older ones: git log --grep in a shell.`]
      : []),
    ...(isShallow
      ? [`The clone is shallow: only its ${walk.order.length} commits were searched. For all: git fetch --unshallow.`]
      : []),
  ]
  return { index, walk, leftOut }
}

interface FilesRequest {
  readonly repository: Repository
  readonly prefix: string
  readonly commits: readonly Pick<LoggedCommit, 'id' | 'parents'>[]
  readonly signal: AbortSignal
}

async function readFiles({ repository, prefix, commits, signal }: FilesRequest): Promise<Map<string, ChangedFiles>> {
  const { pathChanges } = await import('../../git/index.ts')
  const inside = (all: readonly PathChange[]): ChangedFiles => ({
    paths: all.filter(({ path }) => path.startsWith(prefix)).map(({ path }) => path.slice(prefix.length)),
    total: all.length,
  })
  const changes = await pathChanges(repository, commits, signal)
  return new Map([...changes].map(([id, all]) => [id, inside(all)]))
}

async function readWritten({ repository, prefix, commits, signal }: FilesRequest): Promise<Map<string, WrittenFile[]>> {
  const { changedLines } = await import('../../git/index.ts')
  const changes = await changedLines(repository, commits, signal)
  const inside = (all: readonly WrittenFile[]): WrittenFile[] =>
    all
      .filter(({ path }) => path.startsWith(prefix))
      .map(({ path, hunks }) => ({ path: path.slice(prefix.length), hunks }))
  return new Map([...changes].map(([id, all]) => [id, inside(all)]))
}
