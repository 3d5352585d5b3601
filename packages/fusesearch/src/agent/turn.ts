import type { Clock } from '../core/index.ts'
import type { Call, FailedObservation, ToolLimits } from '../search/index.ts'
import { gainOf, type History } from './entities/gain.ts'
import type { RanCalls, RunCalls, TurnRecord } from './run.ts'
import { isAbortEcho } from './stop.ts'

/** The calls of a turn, decided. */
export interface DecidedTurn {
  readonly turn: number
  readonly calls: readonly Call[]
  readonly cut: readonly Call[]
  readonly limits: ToolLimits | undefined
  readonly bytesLeft: number
  readonly policyMs: number
}

/** What the calls of a turn run with. */
export interface TurnContext {
  readonly runCalls: RunCalls
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Takes up what the turn discovers. */
  readonly history: History
}

/**
 * Runs the calls of one turn and scores them in the order in which they were issued.
 * Where the signal made the runner reject, each call has failed with `aborted`. Throws when the runner does not keep
 * its contract of one observation for each call.
 */
export async function runTurn(decided: DecidedTurn, context: TurnContext): Promise<TurnRecord> {
  const { turn, calls, cut, policyMs } = decided
  const { clock, history } = context
  const startedMs = clock.nowMs()
  const ran = await runOrAbort(decided, context)
  const { observations } = ran
  if (observations.length !== calls.length) {
    throw new Error(`${calls.length} calls ran, but ${observations.length} observations came back.`)
  }
  const ms = { policy: policyMs, tools: clock.nowMs() - startedMs }
  const measured = observations.map((observation) => gainOf(observation, history))
  const entities = measured.map(({ revealed, fresh }) => ({ revealed, fresh }))
  const callMs = calls.map((_, index) => ran.ms?.[index] ?? null)
  const bytes = observations.reduce((sum, observation) => sum + observation.bytes, 0)
  return { turn, calls, cut, observations, gains: measured.map(({ gain }) => gain), entities, callMs, bytes, ms }
}

async function runOrAbort({ calls, bytesLeft, limits }: DecidedTurn, context: TurnContext): Promise<RanCalls> {
  const { runCalls, signal } = context
  try {
    return await runCalls(calls, { bytesLeft, signal, ...(limits === undefined ? {} : { limits }) })
  } catch (error) {
    if (!isAbortEcho(error, signal)) throw error
    return { observations: calls.map(abortedObservation) }
  }
}

/** Shows nothing: the policy is not asked for another turn. */
function abortedObservation({ tool }: Call): FailedObservation {
  return { ok: false, tool, code: 'aborted', message: 'The run was stopped before this call ended.', bytes: 0 }
}
