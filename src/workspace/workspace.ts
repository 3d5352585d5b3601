import {
  type Call,
  type IgnoreRules,
  openTree,
  runTurn,
  type Tree,
  type TurnOptions,
  type TurnResult,
} from '../tools/index.ts'

/** What to open. */
export interface WorkspaceOptions {
  /** Folder to search; need not be a git repository. */
  readonly root: string
  /** `respect` when left out. */
  readonly ignoreRules?: IgnoreRules
  readonly signal?: AbortSignal
}

/** One tree and what is remembered about it for as long as it is open. */
export interface Workspace {
  /** Real path of the folder. */
  readonly root: string
  readonly tree: Tree
  /** Runs the calls of one turn; see `runTurn` of tools. Aborted when the workspace closes. */
  runTurn(calls: readonly Call[], options: TurnOptions): Promise<TurnResult>
  /** Ends whatever still runs and waits for it; calls after it come back as aborted. */
  close(): Promise<void>
}

/** Opens a folder for searching. Throws FuseSearchError as `openTree` does. */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { root, ignoreRules = 'respect', signal } = options
  const tree = await openTree({ root, ignoreRules, ...(signal ? { signal } : {}) })
  const closing = new AbortController()
  const running = new Set<Promise<TurnResult>>()
  return {
    root: tree.root,
    tree,
    async runTurn(calls, turnOptions) {
      const signals = [turnOptions.signal, closing.signal, ...(signal ? [signal] : [])]
      const turn = runTurn(tree, calls, { ...turnOptions, signal: AbortSignal.any(signals) })
      running.add(turn)
      try {
        return await turn
      } finally {
        running.delete(turn)
      }
    },
    async close() {
      closing.abort()
      await Promise.allSettled(running)
    },
  }
}
