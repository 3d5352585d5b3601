import { type Budget, type Policy, type RunEvent, recordToFile, type TurnRecord } from 'fusesearch/agent'
import { FuseSearchError } from 'fusesearch/core'
import { type LocateResult, locate } from 'fusesearch/locate'
import { PROGRAM_LIMITS, type ToolLimits, type ToolName } from 'fusesearch/search'
import type { TurnStats } from '../row.ts'
import type { Prediction } from '../score.ts'
import type { Contestant, ContestantResult, ContestantTask } from './contestant.ts'

/** A policy and what it may spend. */
export interface PolicyContestantOptions {
  /** Name in rows and tables; the policy's own with its turns where these differ from the run's. */
  readonly name: string
  readonly policy: Policy
  readonly budget: Partial<Budget>
  /** A program's limits when left out. */
  readonly limits?: ToolLimits
  /** Tools that the policy is offered; the paper's three when left out. */
  readonly tools?: readonly ToolName[]
  /** Keep whole observations in the trajectory; digests only when left out. */
  readonly full?: boolean
  /** Version of the product, for the trajectory's header. */
  readonly version: string
}

/** A policy in the product's own loop: `locate` as a user runs it, recorded. */
export function createPolicyContestant(options: PolicyContestantOptions): Contestant {
  return { name: options.name, run: (task) => runPolicy(options, task) }
}

async function runPolicy(options: PolicyContestantOptions, task: ContestantTask): Promise<ContestantResult> {
  const { policy, budget, limits = PROGRAM_LIMITS, tools, full = false, version } = options
  const turns: TurnRecord[] = []
  const result = await locate({
    repository: task.root,
    // The snapshot holds the files of the commit and no others, so no ignore rule may hide one.
    ignoreRules: 'none',
    issue: task.issue,
    policy,
    seed: task.seed,
    budget,
    limits,
    ...(tools === undefined ? {} : { tools }),
    ...(task.history === undefined ? {} : { history: task.history }),
    signal: task.signal,
    record: recordToFile(task.trajectory, {
      tool: { name: 'fusesearch', version },
      limits,
      repository: task.repository,
      full,
    }),
    onEvent: (event) => noteTurn(event, turns),
  })
  const { efficiency, bytesShown, calls, ms, model } = result.stats
  return {
    prediction: predictionOfResult(result),
    confidence: result.confidence,
    stats: {
      turns: result.stats.turns,
      calls,
      byTurn: turns.map(statsOfTurn),
      efficiency,
      bytesShown,
      isCut: result.stoppedBy === 'deadline',
      ms: { total: ms.total, policy: ms.policy, tools: ms.tools },
      ...(model === undefined ? {} : { model }),
    },
    observations: turns.flatMap((turn) => turn.observations),
    hasTrajectory: true,
  }
}

/** A policy whose own world failed has not localized: its row is a failure, not the poor answer of a cut search. */
function noteTurn(event: RunEvent, turns: TurnRecord[]): void {
  if (event.kind === 'turn-finished') turns.push(event.turn)
  if (event.kind !== 'answered' || event.end.failure === null) return
  throw new FuseSearchError(event.end.failure.message, { code: 'bad-run' })
}

function statsOfTurn({ calls, gains }: TurnRecord): TurnStats {
  const sum = gains.reduce((total, gain) => total + gain, 0)
  return {
    breadth: calls.length,
    gain: calls.length === 0 ? 0 : sum / calls.length,
    redundant: gains.filter((gain) => gain === 0).length,
  }
}

/** The sets and the ranking of a checked answer: what its score is of. */
export function predictionOfResult({ files, candidates }: LocateResult): Prediction {
  return {
    files: files.map(({ path }) => path),
    functions: files.flatMap(({ path, functions }) => functions.map(({ name }) => ({ path, name }))),
    ranking: {
      files: candidates.files.map(({ path }) => path),
      functions: candidates.functions.map(({ path, name }) => ({ path, name })),
    },
  }
}
