import { FuseSearchError, type NoPlace, Semaphore } from '../../core/index.ts'
import type { CommitOptions } from '../../locate/index.ts'
import { type Backend, createWorkspacePool, type Workspace, type WorkspaceOptions } from '../../search/index.ts'
import { openExactly, type Root } from '../door/index.ts'
import { createTrajectoryStore, type TrajectoryStore } from './trajectories.ts'

/** Localizations and turns at a time: those that wait for one tree together share their walks; each holds its texts. */
const AT_ONCE = 8
const MAX_WAITING = 256

/** Where files of commits are put, and the environment of git. */
export type Commits = Pick<CommitOptions, 'cacheDir' | 'environment'>

/** What all connections of a server share. */
export interface Serving {
  /** The allow-list. */
  readonly roots: readonly Root[]
  /** Searched in place of folders. */
  readonly backend: Backend | undefined
  /** Of this package. */
  readonly version: string
  readonly gate: Semaphore
  readonly trajectories: TrajectoryStore
  /** What searching commits needs; undefined for a server that searches none. */
  readonly commits: Commits | undefined
  /** Opens a folder whose real path was checked; throws when something else lies there by now. */
  open(options: WorkspaceOptions): Promise<Workspace>
  /** Ends when everything that was begun has ended. */
  close(): Promise<void>
}

export function createServing({
  backend,
  commits,
  roots,
  version,
}: Pick<Serving, 'backend' | 'commits' | 'roots' | 'version'>): Serving {
  const pool = createWorkspacePool()
  const gate = new Semaphore({ places: AT_ONCE, maxWaiting: MAX_WAITING, refuse })
  return {
    roots,
    backend,
    version,
    gate,
    commits,
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
