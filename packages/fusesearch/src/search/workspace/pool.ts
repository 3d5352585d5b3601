import { setMaxListeners } from 'node:events'
import { rememberDefinitions } from '../../code/index.ts'
import { Lru } from '../../core/index.ts'
import { createLauncher } from '../rg/launcher.ts'
import { openTree, type Tree, type TreeOptions } from '../tree.ts'
import { readPast, rememberPast } from './history.ts'
import { holds, type KeptTree, keepTree, openKept } from './kept-tree.ts'
import { type Moment, nextMoment } from './moment.ts'
import { type Workspace, type WorkspaceOptions, workspaceOf } from './workspace.ts'

const MAX_TREES = 16
/** Paths and stamps, at some 200 bytes each: 60 MB. */
const MAX_KEPT_ENTRIES = 300_000
const MAX_DEFINITION_BYTES = 64_000_000
/** Shells that start ripgrep, and so ripgreps at the same time: more than a few only compete for the cores. */
const SHELLS = 3

/** Limits on what a pool keeps. What exceeds them is done anew, never refused. */
export interface WorkspacePoolOptions {
  /** Trees whose list is kept; 16 when left out. */
  readonly maxTrees?: number
}

/**
 * Workspaces for a process that searches many times. The pool caches the file list of a tree as long as every folder and
 * ignore file in it is provably unchanged, and parsed definitions by the content of their text. Contents of files are read
 * and searched anew each time, so no result is older than that of a new workspace.
 */
export interface WorkspacePool {
  /** As `openWorkspace`, with the pool's own launcher; the caller closes what it gets. */
  open(options: WorkspaceOptions): Promise<Workspace>
  /** What is cached now. */
  kept(): { readonly trees: number; readonly entries: number }
  /** Waits until the listings that closed workspaces have started are done. */
  settle(): Promise<void>
  /** Frees everything and ends what still runs for the pool; open workspaces stay usable. */
  close(): Promise<void>
}

/** Makes an empty pool. The shells that start its ripgreps are started now, while memory is small. */
export function createWorkspacePool(options: WorkspacePoolOptions = {}): WorkspacePool {
  const launcher = createLauncher({ size: SHELLS })
  const forget = rememberDefinitions(MAX_DEFINITION_BYTES)
  const trees = new KeptTrees(options.maxTrees ?? MAX_TREES)
  const closing = new AbortController()
  const readCommits = rememberPast(readPast(closing.signal))
  return {
    async open({ root, ignoreRules = 'respect', signal, history }) {
      const asked = nextMoment()
      const opened = await openTree({ root, ignoreRules, launcher })
      const kept = trees.find(opened, asked)
      if (kept !== undefined) return workspaceOf(openKept(kept, asked), { signal, history, readCommits })
      const workspace = workspaceOf(opened, { signal, history, readCommits })
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
      forget()
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
    // Any number of trees may be listed at the same time, and closing ends all listings.
    setMaxListeners(0, this.#closing.signal)
  }

  /** The kept form of an opened tree, if its list was still right at some moment after `since`. */
  find(opened: Tree, since: Moment): KeptTree | undefined {
    const key = keyOf({ root: opened.root, ignoreRules: opened.walkRules.ignoreRules })
    const kept = this.#trees.get(key)
    if (kept === undefined || holds(kept, opened, since)) return kept
    this.#trees.delete(key)
    return undefined
  }

  /** Starts to keep a tree in the background; only once at a time for each tree. */
  learn(options: TreeOptions): void {
    const key = keyOf(options)
    if (this.#closing.signal.aborted || this.#learning.has(key) || this.#hopeless.has(key)) return
    // If the tree is gone by now, the next request for it fails with the right message.
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
