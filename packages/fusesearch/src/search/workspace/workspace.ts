import { setMaxListeners } from 'node:events'
import { OutlineCache } from '../../code/index.ts'
import { joinSignals } from '../../core/index.ts'
import { type Launcher } from '../rg/rg-run.ts'
import { type Call } from '../tool.ts'
import { type IgnoreRules, openTree, type Tree } from '../tree.ts'
import { runTurn, type TurnOptions } from '../turn.ts'
import { type TurnResult } from '../turn-result.ts'
import { type HistoryPlace, openHistory, type ReadPast, readPast } from './history.ts'
import { findTracked } from './tracked.ts'

/** What to open. */
export interface WorkspaceOptions {
  /** The folder to search; it need not be a git repository. */
  readonly root: string
  /** `respect` when left out. */
  readonly ignoreRules?: IgnoreRules
  readonly signal?: AbortSignal
  /** The commits that `history` calls search; a background read starts now. Without it such calls fail. */
  readonly history?: HistoryPlace | undefined
  /** Starts ripgrep faster. The caller closes it. */
  readonly launcher?: Launcher | undefined
  /** Outlines that outlive this workspace; its own, of 4 MB, when left out. */
  readonly outlines?: OutlineCache | undefined
}

/** An open tree and what is cached about it. */
export interface Workspace {
  /** Real path of the folder. */
  readonly root: string
  readonly tree: Tree
  /** The outlines of texts that were parsed, for whoever parses files of this tree. */
  readonly outlines: OutlineCache
  /** Begins to list the files, which the first turn needs, so that this goes on while the policy reads the issue. */
  listAhead(): void
  /** Runs the calls of one turn as {@link runTurn} does, over this tree and its commits; aborted when the workspace closes. */
  runTurn(calls: readonly Call[], options: Omit<TurnOptions, 'closing' | 'history'>): Promise<TurnResult>
  /** Notices about unreachable files so far, about commits from outside the folder, and about a large tree. */
  notices(): readonly string[]
  /** Ends running calls and waits for them; later calls return as aborted. */
  close(): Promise<void>
}

/** Opens a folder for searching. Throws FuseSearchError as `openTree` does. */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { root, ignoreRules = 'respect', signal, history, launcher, outlines } = options
  return workspaceOf(await openTree({ root, ignoreRules, launcher }), { signal, history, outlines })
}

/** What a workspace needs besides an open tree. */
export interface OpenedWith {
  readonly signal: AbortSignal | undefined
  readonly history: HistoryPlace | undefined
  /** How commits are read; with git, uncached, when left out. */
  readonly readCommits?: ReadPast
  /** See {@link WorkspaceOptions}. */
  readonly outlines?: OutlineCache | undefined
  /** Called when the workspace closes. */
  readonly onClose?: () => void
}

/** Enough for one search: the check of the answer finds what the policy parsed. */
const OWN_OUTLINE_BYTES = 4_000_000

/** A workspace over a tree that is already open. */
export function workspaceOf(tree: Tree, options: OpenedWith): Workspace {
  const { signal, history: place, readCommits, onClose, outlines = new OutlineCache(OWN_OUTLINE_BYTES) } = options
  const closing = joinSignals([signal])
  // Every running turn listens to this signal, and many can run at once, which is no leak.
  setMaxListeners(0, closing.signal)
  const history =
    place &&
    openHistory({
      root: tree.root,
      place,
      read: readCommits ?? readPast(closing.signal),
      signal: closing.signal,
    })
  const tracked = findTracked(tree, closing.signal)
  const running = new Set<Promise<unknown>>()
  return {
    root: tree.root,
    tree,
    outlines,
    listAhead() {
      if (tree.remote !== undefined) return
      // The turn reports what goes wrong, and checks the files that it picks.
      const listing = tree.chooseFiles(pickNothing, closing.signal).then(nothing, nothing)
      running.add(listing)
    },
    async runTurn(calls, turnOptions) {
      const turn = runTurn(tree, calls, { ...turnOptions, history, closing: closing.signal })
      running.add(turn)
      try {
        const result = await turn
        // The notices need git's answer too, and a turn without a walk may end before it comes.
        await tracked
        return result
      } finally {
        running.delete(turn)
      }
    },
    notices: () => [
      ...tree.notices(),
      ...(history?.notices() ?? []),
      ...(tree.hasMoreThan(MANY_FILES) ? [SIZE_HINT] : []),
    ],
    async close() {
      closing.close()
      closing.abort()
      onClose?.()
      await Promise.allSettled(running)
      if (readCommits === undefined) await history?.settle()
    },
  }
}

function nothing(): void {}

function pickNothing(): Promise<readonly string[]> {
  return Promise.resolve([])
}

/** Every search reads all files of a tree; above this number, an index answers sooner. */
const MANY_FILES = 100_000

const SIZE_HINT =
  'The tree has more than 100,000 files, and each search reads them all. For faster answers: --path searches one folder, and --backend zoekt=http://host:6070 asks an index.'
