import { statSync } from 'node:fs'
import { OutlineCache } from 'fusesearch/code'
import { Lru, type Semaphore } from 'fusesearch/core'
import { createLauncher, type Launcher, openWorkspace, type Workspace, type WorkspaceOptions } from 'fusesearch/search'

/** Unused workspaces that stay open. Each has a list of paths and about 2 MB of commit messages. */
const MAX_IDLE = 32

/** Memory of outlines. */
const MAX_OUTLINE_BYTES = 64_000_000

/** If the folder disappears this often during one use, the error of the work is reported. */
const MAX_ATTEMPTS = 3

interface Kept {
  readonly opening: Promise<Workspace>
  /** The identity of the opened folder, see {@link folderAt}. */
  readonly folder: string
  users: number
}

/** How a snapshot is used. */
export interface Use<Result> {
  /** Path of the snapshot. Called again, with `isGone`, if its folder was removed or replaced. */
  readonly find: (isGone: boolean) => Promise<WorkspaceOptions>
  readonly work: (workspace: Workspace) => Promise<Result>
}

/**
 * Workspaces of snapshots, kept open and shared: everyone who searches a snapshot uses the file list and the commits
 * that the first one read. A snapshot never changes, so its cache stays valid. A pool of workspaces, in contrast, must
 * prove each time that a tree hasn't changed.
 */
export class KeptWorkspaces {
  readonly #places: Semaphore | undefined
  readonly #launcher: Launcher
  readonly #outlines = new OutlineCache(MAX_OUTLINE_BYTES)
  readonly #used = new Map<string, Kept>()
  readonly #idle = new Lru<string, Kept>({ maxEntries: MAX_IDLE, onEvict: (kept) => void this.#close(kept) })
  readonly #closing = new Set<Promise<void>>()

  /**
   * Turns wait for one of the `places`, if there are any. The shells that start ripgrep, one for each place, start now,
   * while memory is small.
   */
  constructor(places?: Semaphore) {
    this.#places = places
    this.#launcher = createLauncher(places === undefined ? {} : { size: places.places })
  }

  /** Like `openWorkspace`, with the launcher of these workspaces; closing the result doesn't affect other users. */
  readonly open = async ({ signal: _ofUser, ...options }: WorkspaceOptions): Promise<Workspace> => {
    const key = JSON.stringify([options.root, options.ignoreRules, options.history !== undefined])
    const kept = this.#take(key, options)
    let isOpen = true
    const leave = (): void => {
      if (isOpen) this.#leave(key, kept)
      isOpen = false
    }
    try {
      const workspace = await kept.opening
      const places = this.#places
      return {
        ...workspace,
        runTurn: (calls, turn) => {
          const run = (): ReturnType<Workspace['runTurn']> => workspace.runTurn(calls, turn)
          return places === undefined ? run() : places.run(run, turn.signal)
        },
        close: async () => leave(),
      }
    } catch (error) {
      if (this.#used.get(key) === kept) this.#used.delete(key)
      throw error
    }
  }

  /**
   * Runs the work, and again if the folder was removed meanwhile, because the work may have seen half of the folder.
   */
  async use<Result>({ find, work }: Use<Result>): Promise<Result> {
    let options = await find(false)
    for (let attempt = 1; ; attempt += 1) {
      const folder = folderAt(options.root)
      const isLast = attempt === MAX_ATTEMPTS
      if (folder !== GONE || isLast) {
        const workspace = await this.open(options)
        const [result] = await Promise.allSettled([work(workspace)])
        await workspace.close()
        const isDone = isLast || folderAt(options.root) === folder
        if (isDone && result.status === 'rejected') throw result.reason
        if (isDone && result.status === 'fulfilled') return result.value
      }
      options = await find(true)
    }
  }

  /** Closes everything. */
  async close(): Promise<void> {
    for (const kept of [...this.#used.values(), ...this.#idle.values()]) void this.#close(kept)
    this.#used.clear()
    this.#idle.clear()
    await Promise.all(this.#closing)
    await this.#launcher.close()
  }

  /** The workspace of this folder, with one more user. */
  #take(key: string, options: Omit<WorkspaceOptions, 'signal'>): Kept {
    const folder = folderAt(options.root)
    const idle = this.#idle.get(key)
    this.#idle.delete(key)
    const known = idle ?? this.#used.get(key)
    const isSame = known?.folder === folder
    if (!isSame && idle !== undefined) void this.#close(idle)
    const kept = isSame
      ? known
      : { opening: openWorkspace({ ...options, launcher: this.#launcher, outlines: this.#outlines }), folder, users: 0 }
    kept.users += 1
    this.#used.set(key, kept)
    return kept
  }

  #leave(key: string, kept: Kept): void {
    kept.users -= 1
    if (kept.users > 0) return
    // Another folder may now be at the same path, or everything was closed.
    if (this.#used.get(key) !== kept) return void this.#close(kept)
    this.#used.delete(key)
    this.#idle.set(key, kept)
  }

  async #close({ opening }: Kept): Promise<void> {
    const closing = opening.then((workspace) => workspace.close()).catch(() => undefined)
    this.#closing.add(closing)
    await closing
    this.#closing.delete(closing)
  }
}

const GONE = 'gone'

/** Distinguishes a folder from a later one at the same path. */
function folderAt(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? GONE : `${found.dev}:${found.ino}`
}
