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

/** After this time the best answer so far is returned, so that no client waits forever. */
const DEADLINE_MS = 30_000

/** What a tool gets besides its arguments. */
export interface ToolRun {
  readonly serving: Serving
  /** Real path of the folder to search, already checked. */
  readonly repository: string
  readonly signal: AbortSignal
  readonly tell: Tell
}

/** Localizes an issue, and reads as many of the found places as the budget allows. */
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
      policy: createEmbeddedPolicy({ includeTests: input.includeTests, reader: serving.reader }),
      budget: { deadlineMs: DEADLINE_MS },
      openWorkspace: async (options) => {
        // The server chooses the folder of snapshots, so its path may contain a link.
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

/** The path in the repository and the commit that the arguments name. */
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

/** For a backend, which reads no repository and has no snapshots. */
const NO_COMMITS = { cacheDir: '', environment: {} }

/** The tree of a search. */
interface OpenedTree {
  /** Undefined if the deadline passed before the tree was open. */
  workspace?: Workspace
  /** True once the search has ended: then the opener must close what it opens. */
  isOver?: boolean
}

/** Opens the tree and keeps it open after the search, so that the found places can be read from it. */
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

/** The path of the searched folder in the repository: empty, or ending in `/`. */
function prefixOf({ path, rev }: LocateInput, { repository, serving }: ToolRun, root: string): string {
  if (path === undefined) return ''
  // A snapshot or an index has no linked folders, so the path is the real one.
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

/** Part of the tool's description. */
export const LOCATE_BUDGET = `The result takes at most ${BASE_TOKENS} tokens and snippetTokens.`
