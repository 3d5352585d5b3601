import {
  announceUnreached,
  type Call,
  createWorkspacePool,
  historyFor,
  type Observation,
  PROGRAM_LIMITS,
  type ToolLimits,
} from '../search/index.ts'
import { type LocateEvent, locateEvents } from './events.ts'
import { type LocateOptions, locate } from './locate.ts'
import type { LocateResult } from './result.ts'

/** What to localize in a repository that is already chosen. */
export type AskOptions = Omit<LocateOptions, 'repository' | 'openWorkspace'>

/** Limits and a signal for calls that a program makes itself. */
export interface SearchOptions {
  /** A program's limits when left out. */
  readonly limits?: ToolLimits
  readonly signal?: AbortSignal
}

/** One repository that is searched many times. Any number of these, and of searches in each, may run at once. */
export interface RepositoryWorkspace {
  readonly repository: string
  /** Like {@link locate}; warm from the second time on. */
  locate(options: AskOptions): Promise<LocateResult>
  /** Like {@link locateEvents}. */
  locateEvents(options: AskOptions): AsyncGenerator<LocateEvent, void, void>
  /**
   * Runs calls of grep, glob, read_file and history in one fused turn: one observation for each, in their order. A
   * call's failure is its observation. Throws what `openWorkspace` throws, and the signal's reason on abort.
   */
  search(calls: readonly Call[], options?: SearchOptions): Promise<readonly Observation[]>
  /** Frees the caches; running searches continue. */
  close(): Promise<void>
}

/**
 * Caches what it can of one repository between searches: the list of files, as long as it is provably unchanged; parsed
 * files by their content; and shells that start ripgrep, which end with the process or with `close`. Opens nothing of
 * the repository before the first search. An answer is never older than that of a new search.
 */
export function createWorkspace({ repository }: { readonly repository: string }): RepositoryWorkspace {
  const pool = createWorkspacePool()
  const openWorkspace: LocateOptions['openWorkspace'] = (options) => pool.open(options)
  return {
    repository,
    locate: (options) => locate({ ...options, repository, openWorkspace }),
    locateEvents: (options) => locateEvents({ ...options, repository, openWorkspace }),
    async search(calls, { limits = PROGRAM_LIMITS, signal = new AbortController().signal } = {}) {
      signal.throwIfAborted()
      const workspace = await pool.open({ root: repository, signal, history: historyFor(calls, process.env) })
      try {
        const { observations } = await workspace.runTurn(calls, { limits, bytesLeft: limits.maxBytesPerRun, signal })
        signal.throwIfAborted()
        return announceUnreached(observations, workspace.tree.notices())
      } finally {
        await workspace.close()
      }
    },
    close: () => pool.close(),
  }
}
