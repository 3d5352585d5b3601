import { FuseSearchError, type NoPlace, Semaphore } from '../../core/index.ts'
import type { CommitOptions } from '../../locate/index.ts'
import type { Reader } from '../../policies/index.ts'
import { type Backend, createWorkspacePool, type Workspace, type WorkspaceOptions } from '../../search/index.ts'
import { openExactly, type Root } from '../door/index.ts'
import { createTrajectoryStore, type TrajectoryStore } from './trajectories.ts'

/** Concurrent localizations and turns. Those that wait for the same tree share walks; each keeps its own texts. */
const AT_ONCE = 8
const MAX_WAITING = 256

/** The folder for snapshots of commits, and git's environment. */
export type Commits = Pick<CommitOptions, 'cacheDir' | 'environment'>

/** What all connections of a server share. */
export interface Serving {
  /** The allowed roots. */
  readonly roots: readonly Root[]
  /** Searched instead of folders. */
  readonly backend: Backend | undefined
  /** Version of this package. */
  readonly version: string
  readonly gate: Semaphore
  readonly trajectories: TrajectoryStore
  /** Needed to search commits; undefined for a server that doesn't. */
  readonly commits: Commits | undefined
  /** Orders what is in doubt anew. */
  readonly reader: Reader | undefined
  /** Opens a folder whose real path was checked; throws if the path now leads elsewhere. */
  open(options: WorkspaceOptions): Promise<Workspace>
  /** Resolves when all work that was started has ended. */
  close(): Promise<void>
}

export function createServing({
  backend,
  commits,
  reader,
  roots,
  version,
}: Pick<Serving, 'backend' | 'commits' | 'reader' | 'roots' | 'version'>): Serving {
  const pool = createWorkspacePool()
  const gate = new Semaphore({ places: AT_ONCE, maxWaiting: MAX_WAITING, refuse })
  return {
    roots,
    backend,
    version,
    gate,
    commits,
    reader,
    trajectories: createTrajectoryStore(),
    open: (options) => (backend === undefined ? openExactly(pool, options) : openElsewhere(backend, options.signal)),
    async close() {
      await gate.close()
      await pool.close()
      backend?.close()
    },
  }
}

async function openElsewhere(backend: Backend, signal: AbortSignal | undefined): Promise<Workspace> {
  return (await backend.open(signal === undefined ? {} : { signal })).workspace
}

function refuse(why: NoPlace, waiting: number): FuseSearchError {
  const fact = why === 'closed' ? 'The server is shutting down' : `${waiting} requests wait already`
  return new FuseSearchError(`${fact}. Ask again in a few seconds.`, { code: 'busy-folder' })
}
