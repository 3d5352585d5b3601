import { setMaxListeners } from 'node:events'
import { OutlineCache } from '../../code/index.ts'
import { Lru } from '../../core/index.ts'
import { createLauncher } from '../rg/launcher.ts'
import { openTree, type Tree, type TreeOptions } from '../tree.ts'
import { readPast, rememberPast } from './history.ts'
import { holds, type KeptTree, keepTree, openKept } from './kept-tree.ts'
import { type Moment, nextMoment } from './moment.ts'
import { type Workspace, type WorkspaceOptions, workspaceOf } from './workspace.ts'

const MAX_TREES = 16
/** Most paths and stamps: at about 200 bytes each, 60 MB. */
const MAX_KEPT_ENTRIES = 300_000
const MAX_OUTLINE_BYTES = 64_000_000
/** Shells that start ripgrep, which is also the number of ripgreps at a time: more would only compete for the cores. */
const SHELLS = 3

/** Limits on what a pool keeps. Work beyond them is repeated, never refused. */
export interface WorkspacePoolOptions {
  /** Most trees whose list is kept; 16 when left out. */
  readonly maxTrees?: number
  /** Most estimated memory of parsed definitions; 64 MB when left out. */
  readonly maxOutlineBytes?: number
}

/**
 * Workspaces for a process that searches many times. The pool caches a tree's file list as long as every folder and
 * ignore file in it is provably unchanged, and parsed definitions by the content of their text. File contents are read
 * again for every search, so no result is older than that of a new workspace.
 */
export interface WorkspacePool {
  /** Like `openWorkspace`, with the pool's launcher. The caller closes the workspace. */
  open(options: WorkspaceOptions): Promise<Workspace>
  /** How much is cached now. */
  kept(): { readonly trees: number; readonly entries: number }
  /** Waits for the background listings that closed workspaces started. */
  settle(): Promise<void>
  /** Frees everything and ends the pool's background work. Open workspaces stay usable. */
  close(): Promise<void>
}

/** Makes an empty pool. Its shells are started now, while memory is small. */
export function createWorkspacePool(options: WorkspacePoolOptions = {}): WorkspacePool {
  const launcher = createLauncher({ size: SHELLS })
  const outlines = new OutlineCache(options.maxOutlineBytes ?? MAX_OUTLINE_BYTES)
  const trees = new KeptTrees(options.maxTrees ?? MAX_TREES)
  const closing = new AbortController()
  const readCommits = rememberPast(readPast(closing.signal))
  return {
    async open({ root, ignoreRules = 'respect', signal, history }) {
      const asked = nextMoment()
      const opened = await openTree({ root, ignoreRules, launcher })
      const kept = trees.find(opened, asked)
      if (kept !== undefined) return workspaceOf(openKept(kept, asked), { signal, history, readCommits, outlines })
      const workspace = workspaceOf(opened, { signal, history, readCommits, outlines })
      return {
        ...workspace,
        async close() {
          await workspace.close()
          trees.learn({ root: opened.root, ignoreRules, rg: opened.rg, launcher })
        },
      }
    },
    kept: () => trees.size(),
    settle: () => trees.settle(),
    async close() {
      closing.abort()
      await trees.close()
      await launcher.close()
    },
  }
}

/** The trees that are kept. */
class KeptTrees {
  readonly #trees: Lru<string, KeptTree>
  /** Trees that can't be kept. */
  readonly #hopeless = new Set<string>()
  readonly #learning = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()

  constructor(maxTrees: number) {
    this.#trees = new Lru({ maxEntries: maxTrees, maxWeight: MAX_KEPT_ENTRIES, weigh: entriesOf })
    // Many listings can wait for this signal at once, which is no leak.
    setMaxListeners(0, this.#closing.signal)
  }

  /** The kept tree for an opened one, if its list was still right at some moment after `since`. */
  find(opened: Tree, since: Moment): KeptTree | undefined {
    const key = keyOf({ root: opened.root, ignoreRules: opened.walkRules.ignoreRules })
    const kept = this.#trees.get(key)
    if (kept === undefined || holds(kept, opened, since)) return kept
    this.#trees.delete(key)
    return undefined
  }

  /** Starts to list a tree in the background, at most once at a time per tree. */
  learn(options: TreeOptions): void {
    const key = keyOf(options)
    if (this.#closing.signal.aborted || this.#learning.has(key) || this.#hopeless.has(key)) return
    // If the tree is gone, the next request for it fails with the right message.
    const learning = this.#learn(key, options).catch(() => undefined)
    this.#learning.set(
      key,
      learning.finally(() => this.#learning.delete(key)),
    )
  }

  size(): { readonly trees: number; readonly entries: number } {
    return { trees: this.#trees.size, entries: this.#trees.weight }
  }

  async settle(): Promise<void> {
    await Promise.all(this.#learning.values())
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.settle()
    this.#trees.clear()
  }

  async #learn(key: string, options: TreeOptions): Promise<void> {
    const kept = await keepTree(options, this.#closing.signal)
    if (kept === 'too-large') this.#refuse(key)
    if (kept === undefined || kept === 'too-large' || this.#closing.signal.aborted) return
    if (entriesOf(kept) > MAX_KEPT_ENTRIES) return this.#refuse(key)
    this.#trees.set(key, kept)
  }

  #refuse(key: string): void {
    if (this.#hopeless.size >= MAX_HOPELESS) this.#hopeless.clear()
    this.#hopeless.add(key)
  }
}

const MAX_HOPELESS = 1_000

function keyOf({ root, ignoreRules }: Pick<TreeOptions, 'root' | 'ignoreRules'>): string {
  return `${ignoreRules}:${root}`
}

function entriesOf({ paths, stamps }: KeptTree): number {
  return paths.length + stamps.size
}
