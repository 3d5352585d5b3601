import { FuseSearchError } from '../../core/index.ts'
import { createWorkspacePool, type Workspace, type WorkspaceOptions } from '../../search/index.ts'
import { createGate, type Gate } from './gate.ts'
import type { Root } from './roots.ts'

/** Localizations and turns at a time: those that wait for one tree together share their walks; each holds its texts. */
const AT_ONCE = 8
const MAX_WAITING = 256

/** What all connections of a server share. */
export interface Serving {
  /** The allow-list. */
  readonly roots: readonly Root[]
  /** Of this package. */
  readonly version: string
  readonly gate: Gate
  /** Opens a folder whose real path was checked; throws when something else lies there by now. */
  open(options: WorkspaceOptions): Promise<Workspace>
  /** Ends when everything that was begun has ended. */
  close(): Promise<void>
}

export function createServing({ roots, version }: Pick<Serving, 'roots' | 'version'>): Serving {
  const pool = createWorkspacePool()
  const gate = createGate({ atOnce: AT_ONCE, maxWaiting: MAX_WAITING })
  return {
    roots,
    version,
    gate,
    async open(options) {
      const workspace = await pool.open(options)
      if (workspace.root === options.root) return workspace
      await workspace.close()
      const message = `${options.root} became a link while it was opened, which is never followed. Ask again.`
      throw new FuseSearchError(message, { code: 'repository-unreadable' })
    },
    async close() {
      await gate.idle()
      await pool.close()
    },
  }
}
