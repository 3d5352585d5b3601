import type { CommitMessages, Environment, LoggedCommit, PathChange, Repository } from '../../git/index.ts'
import type { ChangedFiles, CommitHistory, PastCommits } from '../history/commit-history.ts'
import type { Call } from '../tool.ts'

/** The commits that a tree's `history` searches: those before what is checked out around it, or before a commit. */
export type HistoryPlace =
  | { readonly kind: 'checked-out'; readonly environment: Environment }
  | {
      readonly kind: 'commit'
      readonly repository: Repository
      /** Full hash. */
      readonly commit: string
      /** Where the tree lies in the repository: empty, or a path with `/` at its end. */
      readonly prefix: string
    }

/** Where calls that a caller makes itself have their commits from: none is read unless one of them asks for it. */
export function historyFor(calls: readonly Call[], environment: Environment): HistoryPlace | undefined {
  return calls.some(({ tool }) => tool === 'history') ? { kind: 'checked-out', environment } : undefined
}

/** Commits that are searched at most, newest first. */
export const MAX_HISTORY_COMMITS = 5_000

/** Reads the messages up to a commit (full hash), or knows them. */
export type ReadCommits = (place: {
  readonly repository: Repository
  readonly commit: string
}) => Promise<CommitMessages>

/** Reads with git each time; `signal` ends the process. */
export function readAnew(signal: AbortSignal): ReadCommits {
  return async (place) => {
    const { readMessages } = await import('../../git/index.ts')
    return readMessages({ ...place, limit: MAX_HISTORY_COMMITS, signal })
  }
}

/** Histories that a pool keeps, at some 2 MB each. */
const MAX_KEPT_HISTORIES = 4

/** Remembers the last few. A commit's ancestors never change, so what is known by its hash stays true. */
export function rememberCommits(read: ReadCommits): ReadCommits {
  const known = new Map<string, Promise<CommitMessages>>()
  return (place) => {
    const key = `${place.commit} ${place.repository.gitDir}`
    const found = known.get(key) ?? read(place)
    known.delete(key)
    known.set(key, found)
    for (const oldest of known.keys()) {
      if (known.size <= MAX_KEPT_HISTORIES) break
      known.delete(oldest)
    }
    // What failed may go well the next time.
    found.catch(() => known.delete(key))
    // A shallow clone may be deepened.
    found.then(({ isShallow }) => isShallow && known.delete(key)).catch(() => undefined)
    return found
  }
}

/** What to open. */
export interface HistoryOptions {
  readonly root: string
  readonly place: HistoryPlace
  readonly read: ReadCommits
  /** Ends what is read for this tree alone. */
  readonly signal: AbortSignal
}

/** The history of an open tree. */
export interface OpenHistory extends CommitHistory {
  /** Where its commits come from, if not from the tree's own folder; known once it was found. */
  notices(): readonly string[]
  /** Waits for what still runs. */
  settle(): Promise<void>
}

/** Begins to read the history of a tree, so that it is at hand when the first call asks. A failure waits for that call. */
export function openHistory({ root, place, read, signal }: HistoryOptions): OpenHistory {
  const located = locate(root, place, signal)
  let notices: readonly string[] = []
  const messages = located.then((found) => {
    notices = found.notices
    return read(found)
  })
  messages.catch(() => undefined)
  const running = new Set<Promise<unknown>>([messages])
  return {
    async listCommits() {
      return toPast(await messages)
    },
    async readPaths(ids, turnSignal) {
      const { repository, prefix } = await located
      const wanted = new Set(ids)
      const commits = (await messages).commits.filter(({ id }) => wanted.has(id))
      const reading = readFiles({ repository, prefix, commits, signal: turnSignal })
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

async function locate(root: string, place: HistoryPlace, signal: AbortSignal): Promise<Located> {
  // Whoever names a commit has opened its repository and said where it lies.
  if (place.kind === 'commit') return { ...place, prefix: Buffer.from(place.prefix).toString('latin1'), notices: [] }
  const { elsewhereNotice, headAt } = await import('../../git/index.ts')
  const found = await headAt({ path: root, environment: place.environment, signal })
  const elsewhere = elsewhereNotice(found.repository)
  return { ...found, notices: elsewhere === undefined ? [] : [elsewhere] }
}

function toPast({ commits, isCut, isShallow }: CommitMessages): PastCommits {
  const leftOut = [
    ...(isCut
      ? [`Only the newest ${MAX_HISTORY_COMMITS} commits were searched. For older ones: git log --grep in a shell.`]
      : []),
    ...(isShallow
      ? [`The clone is shallow: only its ${commits.length} commits were searched. For all: git fetch --unshallow.`]
      : []),
  ]
  return { commits, leftOut }
}

interface FilesRequest {
  readonly repository: Repository
  readonly prefix: string
  readonly commits: readonly LoggedCommit[]
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
