import { basename } from 'node:path'
import type { AskedPlace } from '../../ask/index.ts'
import { type LocateEvent, type LocateOptions, type LocateResult, locate, locateEvents } from '../../locate/index.ts'
import {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createSequentialPolicy,
  type Reader,
} from '../../policies/index.ts'
import type { Backend, Workspace, WorkspacePool } from '../../search/index.ts'
import {
  announceUnreached,
  type Call,
  historyFor,
  type Observation,
  type ParsedCall,
  PROGRAM_LIMITS,
  parseCall,
  type ToolLimits,
} from '../../search/index.ts'
import { backendName, openExactly, type Root } from '../door/index.ts'
import { LOOKUPS, type LookupResults } from '../lookups.ts'
import { resolveRepository } from './roots.ts'
import type { AskRequest, LocateRequest, SearchRequest, SymbolRequest, UsagesRequest } from './schemas.ts'

/** Answers requests: takes checked bodies and returns results. Knows nothing about HTTP. */
export interface Service {
  locate(request: LocateRequest, signal: AbortSignal): Promise<LocateResult>
  locateEvents(request: LocateRequest, signal: AbortSignal): Promise<AsyncGenerator<LocateEvent, void, void>>
  search(request: SearchRequest, signal: AbortSignal): Promise<SearchAnswer>
  readonly ask: (request: AskRequest, signal: AbortSignal) => Promise<LookupResults['ask']>
  readonly symbol: (request: SymbolRequest, signal: AbortSignal) => Promise<LookupResults['symbol']>
  readonly usages: (request: UsagesRequest, signal: AbortSignal) => Promise<LookupResults['usages']>
  /** The base name of the requested folder, for the trajectory. */
  repositoryName(request: LocateRequest): Promise<string>
  /** Real paths of the folders that may be searched. */
  roots(): readonly string[]
}

export interface SearchAnswer {
  /** A grep's totals contain only what its mode counts. */
  readonly observations: readonly object[]
  readonly ms: number
}

export interface ServiceOptions {
  readonly roots: readonly Root[]
  readonly pool: WorkspacePool
  /** Searched instead of folders. */
  readonly backend: Backend | undefined
  /** A run that takes longer returns its best answer so far. */
  readonly maxRunMs: number
  /** Orders what is in doubt anew, in every search. */
  readonly reader?: Reader | undefined
}

/** A program's limits, plus suggestions after a miss, since the caller chooses its calls as a model does. */
const SEARCH_LIMITS: ToolLimits = { ...PROGRAM_LIMITS, suggestions: 5 }

const POLICIES = {
  embedded: createEmbeddedPolicy,
  sequential: createSequentialPolicy,
  'fixed-breadth': createFixedBreadthPolicy,
} as const

export function createService(options: ServiceOptions): Service {
  const placeOf = async (repository: string | undefined, signal: AbortSignal): Promise<AskedPlace> => ({
    ...(await searchedPlace(options, repository)),
    signal,
  })
  return {
    ask: async ({ repository, ...input }, signal) =>
      LOOKUPS.ask(input, { ...(await placeOf(repository, signal)), encoder: options.reader?.encoder }),
    symbol: async ({ repository, ...input }, signal) => LOOKUPS.symbol(input, await placeOf(repository, signal)),
    usages: async ({ repository, ...input }, signal) => LOOKUPS.usages(input, await placeOf(repository, signal)),
    locate: async (request, signal) => locate(await optionsOf(request, options, signal)),
    locateEvents: async (request, signal) => locateEvents(await optionsOf(request, options, signal)),
    repositoryName: async ({ repository }) => basename((await searchedPlace(options, repository)).repository),
    roots: () => (options.backend === undefined ? options.roots.map(({ real }) => real) : [options.backend.name]),
    async search({ calls: asked, repository }, signal) {
      const started = performance.now()
      const parsed = await Promise.all(asked.map((call) => parseCall(call.tool, call.arguments)))
      const calls = parsed.flatMap((one): Call[] => (one.ok ? [one.call] : []))
      const workspace = await openSearched(options, { repository, calls, signal })
      try {
        const bytesLeft = SEARCH_LIMITS.maxBytesPerRun
        const ran = await workspace.runTurn(calls, { limits: SEARCH_LIMITS, bytesLeft, signal })
        signal.throwIfAborted()
        const shown = announceUnreached(ran.observations, workspace.tree.notices())
        return { observations: inOrder(parsed, shown).map(withCounted), ms: performance.now() - started }
      } finally {
        await workspace.close()
      }
    },
  }
}

/** The requested folder, or the backend that is searched instead of folders. */
async function searchedPlace(
  { backend, pool, roots }: ServiceOptions,
  asked: string | undefined,
): Promise<Pick<LocateOptions, 'backend' | 'openWorkspace' | 'repository'>> {
  if (backend !== undefined) return { repository: backendName(backend, asked), backend }
  return { repository: await resolveRepository(roots, asked), openWorkspace: (place) => openExactly(pool, place) }
}

async function openSearched(
  { backend, pool, roots }: ServiceOptions,
  { repository, calls, signal }: { repository: string | undefined; calls: readonly Call[]; signal: AbortSignal },
): Promise<Workspace> {
  if (backend !== undefined) {
    backendName(backend, repository)
    return (await backend.open({ signal })).workspace
  }
  const root = await resolveRepository(roots, repository)
  return openExactly(pool, { root, signal, history: historyFor(calls, process.env) })
}

async function optionsOf(request: LocateRequest, options: ServiceOptions, signal: AbortSignal): Promise<LocateOptions> {
  const { maxRunMs, reader } = options
  const { deadlineMs, includeTests = false, issue, maxBreadth, maxTurns, path, policy = 'embedded', seed } = request
  return {
    issue,
    ...(await searchedPlace(options, request.repository)),
    ...(path === undefined ? {} : { path }),
    ...(seed === undefined ? {} : { seed }),
    policy: POLICIES[policy]({ includeTests, reader }),
    budget: {
      ...(maxTurns === undefined ? {} : { maxTurns }),
      ...(maxBreadth === undefined ? {} : { maxBreadth }),
      deadlineMs: Math.min(deadlineMs ?? maxRunMs, maxRunMs),
    },
    signal,
  }
}

/** What each mode of grep counts besides files. */
const COUNTED = { content: ['lines'], counts: ['occurrences'], paths: [] } as const

/** Leaves out totals that weren't counted: a client would take their zeros for counts. */
function withCounted(observation: Observation): object {
  if (!observation.ok || observation.tool !== 'grep') return observation
  const { mode, totals } = observation
  const counted = COUNTED[mode].map((name) => [name, totals[name]] as const)
  return { ...observation, totals: { files: totals.files, ...Object.fromEntries(counted) } }
}

/** One observation per call, in order; invalid calls keep their place among those that ran. */
function inOrder(parsed: readonly ParsedCall[], ran: readonly Observation[]): readonly Observation[] {
  const rest = [...ran]
  return parsed.map((one) => (one.ok ? (rest.shift() as Observation) : one.observation))
}
