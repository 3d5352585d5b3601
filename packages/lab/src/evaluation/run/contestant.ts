import { type Budget, type Policy, type RunEvent, recordToFile, type TurnRecord } from 'fusesearch/agent'
import { FuseSearchError } from 'fusesearch/core'
import { type LocateResult, locate } from 'fusesearch/locate'
import { type HistoryPlace, type Observation, type ToolLimits, type ToolName } from 'fusesearch/search'
import type { RunStats, TurnStats } from '../row.ts'
import type { Prediction } from '../score.ts'
import type { RunIdentity } from './folder.ts'

/** What a contestant gets of an instance; it contains nothing about the fix. */
export interface ContestantTask {
  /** Folder with the files of the base commit. */
  readonly root: string
  /** Where the commits before the base are, for a contestant that searches them; later commits aren't available. */
  readonly history: HistoryPlace
  readonly issue: string
  readonly seed: number
  readonly repository: { readonly name: string; readonly commit: string }
  /** File for the trajectory, for contestants that record one. */
  readonly trajectory: string
  readonly signal: AbortSignal
}

/** A contestant's answer and its cost. */
export interface ContestantResult {
  readonly prediction: Prediction
  readonly confidence: number
  readonly stats: Omit<RunStats, 'goldCalls'>
  /** The observations of its calls, in order. */
  readonly observations: readonly Observation[]
  readonly hasTrajectory: boolean
}

/** Something that localizes: a policy in the product's loop, or a ranker. Rejects with the reason if it fails. */
export interface Contestant {
  readonly name: string
  run(task: ContestantTask): Promise<ContestantResult>
}

/** A contestant as named on the command line: `sequential`, or `sequential@32` with its own number of turns. */
export interface ContestantName {
  readonly policy: string
  /** Null for the run's number. */
  readonly maxTurns: number | null
}

/** Reads `POLICY` or `POLICY@TURNS`. Throws FuseSearchError `bad-argument` for an invalid number of turns. */
export function parseContestantName(text: string): ContestantName {
  const [policy = '', turns, ...rest] = text.split('@')
  if (turns === undefined) return { policy, maxTurns: null }
  if (rest.length === 0 && /^[1-9]\d{0,4}$/.test(turns)) return { policy, maxTurns: Number(turns) }
  const message = `"${text}" has no number of turns. Write for example ${policy}@32.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

/** The maximum number of turns of a contestant, including the answering one. */
export function turnsOf(identity: RunIdentity, contestant: string): number {
  return parseContestantName(contestant).maxTurns ?? identity.maxTurns
}

/** A policy and its limits. */
interface PolicyContestantOptions {
  /** Name in rows and tables: the policy's own, with its turns when these differ from the run's. */
  readonly name: string
  readonly policy: Policy
  readonly budget: Partial<Budget>
  readonly limits: ToolLimits
  /** Tools that the policy is offered. */
  readonly tools: readonly ToolName[]
  /** Keep complete observations in the trajectory, not only digests. */
  readonly full: boolean
  /** Version of the product, for the trajectory's header. */
  readonly version: string
}

/** A policy in the product's own loop: `locate` as a user runs it, recorded. */
export function createPolicyContestant(options: PolicyContestantOptions): Contestant {
  return { name: options.name, run: (task) => runPolicy(options, task) }
}

async function runPolicy(options: PolicyContestantOptions, task: ContestantTask): Promise<ContestantResult> {
  const { policy, budget, limits, tools, full, version } = options
  const turns: TurnRecord[] = []
  const result = await locate({
    repository: task.root,
    // The snapshot has exactly the files of the commit, so no ignore rule may hide one.
    ignoreRules: 'none',
    issue: task.issue,
    policy,
    seed: task.seed,
    budget,
    limits,
    tools,
    history: task.history,
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

/**
 * A policy that fails (its model is unreachable, say) becomes a failed row, not the poor answer of an aborted search.
 */
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

/** The sets and the ranking of a checked answer, for its score. */
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
