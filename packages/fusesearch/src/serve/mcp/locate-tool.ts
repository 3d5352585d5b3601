import { realpath } from 'node:fs/promises'
import { basename, relative, sep } from 'node:path'
import { normalize } from 'node:path/posix'
import { createRecorder, type TrajectoryFacts } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import { type LocateOptions, locate } from '../../locate/index.ts'
import { createEmbeddedPolicy } from '../../policies/index.ts'
import { type Backend, PROGRAM_LIMITS, type Workspace } from '../../search/index.ts'
import { BASE_TOKENS, shownFiles, toLocateOutput } from './locate-result.ts'
import { type Tell, tellTurns } from './progress.ts'
import type { LocateInput, LocateOutput } from './schemas.ts'
import type { Serving } from './serving.ts'
import { readSnippets } from './snippets.ts'
import { TRAJECTORY_ADDRESS } from './trajectories.ts'

/** After this the best answer so far is taken, so that no client waits forever. */
const DEADLINE_MS = 30_000

/** What a tool knows beside its arguments. */
export interface ToolRun {
  readonly serving: Serving
  /** Real path of the folder to search, which was checked. */
  readonly repository: string
  readonly signal: AbortSignal
  readonly tell: Tell
}

/** Localizes an issue, and reads the places found as far as the budget goes. */
export async function runLocate(input: LocateInput, run: ToolRun): Promise<LocateOutput> {
  const { repository, serving, signal, tell } = run
  const { issue, maxFiles, snippetTokens } = input
  const name = serving.trajectories.name()
  const opened: OpenedTree = {}
  const lines: string[] = []
  try {
    const result = await locate({
      issue,
      repository,
      ...placeOf(input, serving),
      policy: createEmbeddedPolicy({ includeTests: input.includeTests }),
      budget: { deadlineMs: DEADLINE_MS },
      openWorkspace: async (options) => {
        // Where snapshots lie is the server's own choice, and may be reached through a link.
        const root = input.rev === undefined ? options.root : await realpath(options.root)
        return keepOpen(serving.open({ ...options, root }), opened)
      },
      ...(serving.backend === undefined ? {} : { backend: keptBackend(serving.backend, opened) }),
      record: createRecorder(factsOf(input, run), (line) => lines.push(line)),
      onEvent: tellTurns(tell),
      signal,
    })
    const files = shownFiles({ result, maxFiles })
    const { workspace } = opened
    const snippets =
      workspace === undefined
        ? []
        : await readSnippets(workspace, {
            files: [...files],
            prefix: prefixOf(input, run, workspace.root),
            tokens: snippetTokens,
            signal,
          })
    signal.throwIfAborted()
    serving.trajectories.keep(name, lines.join(''))
    const trajectory = `${TRAJECTORY_ADDRESS}${name}`
    return toLocateOutput({ repository, result, maxFiles, snippetTokens, trajectory }, snippets)
  } finally {
    opened.isOver = true
    await opened.workspace?.close()
  }
}

/** The part of the repository, and the commit, that the arguments name. */
function placeOf({ path, rev }: LocateInput, { backend, commits }: Serving): Pick<LocateOptions, 'commit' | 'path'> {
  if (rev !== undefined && commits === undefined && backend === undefined) {
    const message = 'This server searches no commits. Leave rev out.'
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  return {
    ...(path === undefined ? {} : { path }),
    ...(rev === undefined ? {} : { commit: { ...(commits ?? NO_COMMITS), revision: rev, isBounded: true } }),
  }
}

/** Of a backend, which reads no repository and keeps no snapshots. */
const NO_COMMITS = { cacheDir: '', environment: {} }

/** The tree of a search. */
interface OpenedTree {
  /** Undefined when the deadline passed before it was open. */
  workspace?: Workspace
  /** The search has ended: the opener must close what it opens from now on. */
  isOver?: boolean
}

/** Opens the tree, and leaves it open after the search: the places found are read from it afterwards. */
async function keepOpen(opening: Promise<Workspace>, opened: OpenedTree): Promise<Workspace> {
  const workspace = await opening
  if (opened.isOver) return workspace
  opened.workspace = workspace
  return { ...workspace, close: () => Promise.resolve() }
}

function keptBackend(backend: Backend, opened: OpenedTree): Backend {
  return {
    ...backend,
    async open(place) {
      const { workspace, sources } = await backend.open(place)
      return { workspace: await keepOpen(Promise.resolve(workspace), opened), sources }
    },
  }
}

/** Where the searched folder lies in the repository: empty, or with `/` behind. */
function prefixOf({ path, rev }: LocateInput, { repository, serving }: ToolRun, root: string): string {
  if (path === undefined) return ''
  // In a snapshot and in an index no folder is a link, so that the path is where it seems to be.
  const inside =
    rev === undefined && serving.backend === undefined
      ? relative(repository, root).replaceAll(sep, '/')
      : normalize(path)
  return inside === '' || inside === '.' ? '' : `${inside.replace(/\/$/, '')}/`
}

function factsOf({ rev }: LocateInput, { repository, serving }: ToolRun): TrajectoryFacts {
  return {
    tool: { name: 'fusesearch', version: serving.version },
    limits: PROGRAM_LIMITS,
    repository: { name: basename(repository), ...(rev === undefined ? {} : { commit: rev }) },
    full: false,
  }
}

/** Said in the tool's description. */
export const LOCATE_BUDGET = `The result takes at most ${BASE_TOKENS} tokens and snippetTokens.`
