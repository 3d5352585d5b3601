import type { Semaphore } from 'fusesearch/core'
import { createLauncher, type Launcher, openWorkspace, type Workspace, type WorkspaceOptions } from 'fusesearch/search'

/** Trees kept open without a user; each holds a list of paths. */
const MAX_IDLE_TREES = 32

interface Kept {
  readonly opening: Promise<Workspace>
  users: number
}

/**
 * Trees of commits, shared by the sessions that search them at the same time: a group of rollouts lists its tree once.
 * Snapshots never change, so neither does what is known of one.
 */
export class SharedTrees {
  readonly #places: Semaphore
  readonly #launcher: Launcher
  readonly #kept = new Map<string, Kept>()

  constructor(places: Semaphore) {
    this.#places = places
    // Its shells, one for each turn that may run, are started now, while memory is small.
    this.#launcher = createLauncher({ size: places.places })
  }

  /** As `openWorkspace` of workspace; its turns wait for a place, and closing it leaves the others alone. */
  readonly open = async ({ signal: _ofEpisode, ...options }: WorkspaceOptions): Promise<Workspace> => {
    const key = JSON.stringify([options.root, options.ignoreRules, options.history !== undefined])
    const kept = this.#kept.get(key) ?? { opening: openWorkspace({ ...options, launcher: this.#launcher }), users: 0 }
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    kept.users++
    let isOpen = true
    const leave = (): void => {
      if (isOpen) kept.users--
      isOpen = false
    }
    try {
      const workspace = await kept.opening
      const places = this.#places
      return {
        ...workspace,
        runTurn: (calls, turn) => places.run(() => workspace.runTurn(calls, turn), turn.signal),
        close: async () => {
          leave()
          await this.#trim()
        },
      }
    } catch (error) {
      leave()
      this.#kept.delete(key)
      throw error
    }
  }

  async close(): Promise<void> {
    const all = [...this.#kept.values()]
    this.#kept.clear()
    await Promise.allSettled(all.map(async ({ opening }) => (await opening).close()))
    await this.#launcher.close()
  }

  async #trim(): Promise<void> {
    const idle = [...this.#kept].filter(([, { users }]) => users === 0)
    for (const [key, { opening }] of idle.slice(0, Math.max(0, idle.length - MAX_IDLE_TREES))) {
      this.#kept.delete(key)
      await (await opening).close()
    }
  }
}
