import type { Call, Observation, ToolLimits, ToolName } from '../search/index.ts'
import type { Budget } from './budget.ts'
import type { Gain } from './entities/gain.ts'
import type { Answer, ModelUse, PastTurn, PolicySettings, RunFailure, TurnReport } from './policy.ts'

/** What a runner of calls gets beside the calls. */
export interface RunCallsContext {
  /** Bytes that the observations of this turn may still show. */
  readonly bytesLeft: number
  /** What the calls of this turn may show, where the policy says so. */
  readonly limits?: ToolLimits
  /** Aborted by the caller or by the deadline: stop, leave no process behind, then settle. */
  readonly signal: AbortSignal
}

/** Results of calls that have run, such as the `TurnResult` of the search room. */
export interface RanCalls {
  /** One observation for each call, in their order. */
  readonly observations: readonly Observation[]
  /** Milliseconds from the start of the turn until each result was at hand; left out by a replay. */
  readonly ms?: readonly number[]
}

/**
 * Runs the calls of one turn together: the workspace's fused runner, or a replay.
 * A call's failure is its own observation. Once aborted it may resolve to what it has or reject, but only after
 * all that it started has ended.
 */
export type RunCalls = (calls: readonly Call[], context: RunCallsContext) => Promise<RanCalls>

/** A turn in which calls ran, as it is recorded. */
export interface TurnRecord extends Required<PastTurn>, Partial<TurnReport> {
  /** From 1. */
  readonly turn: number
  /** For each call, how many entities it revealed and how many of them were new. */
  readonly entities: readonly Omit<Gain, 'gain'>[]
  /** Milliseconds from the start of the turn's calls until each result was at hand; null where it is not known. */
  readonly callMs: readonly (number | null)[]
  /** UTF-8 bytes that the turn's observations showed. */
  readonly bytes: number
  readonly ms: { readonly policy: number; readonly tools: number }
}

/**
 * Why the run ended.
 * - `answer`: the policy answered while it could still have called.
 * - `turns`: the last turn, on which only an answer is taken.
 * - `deadline`: the deadline passed; the answer is the best so far.
 * - `no-calls`: the policy neither answered nor called.
 * - `policy-failed`: something outside the policy failed (an endpoint, say), in this turn or before; see {@link RunFailure}.
 */
export type StoppedBy = 'answer' | 'turns' | 'deadline' | 'no-calls' | 'policy-failed'

/** Counts and times of a run. */
export interface RunStats {
  /** Turns, the answering one included: always one more than the entries of `breadth`. */
  readonly turns: number
  readonly calls: number
  /** Calls of each turn that called; the answering turn has no entry. */
  readonly breadth: readonly number[]
  /** Calls that the breadth limit cut off; they weren't run and aren't counted elsewhere. */
  readonly cutCalls: number
  /** e, the mean gain of the calls; null without a call. */
  readonly efficiency: number | null
  readonly redundantCalls: number
  /** Redundant calls over calls; null without a call. */
  readonly redundancy: number | null
  readonly bytesShown: number
  readonly ms: { readonly total: number; readonly policy: number; readonly tools: number }
  /** The cost of its model, including the answering turn; left out by policies without a model. */
  readonly model?: ModelUse
}

/** How a run ended; the report is that of the answering turn. */
export interface RunEnd extends Partial<TurnReport> {
  readonly answer: Answer
  readonly stoppedBy: StoppedBy
  /** `next` if the policy gave the answer, `answerNow` if the loop had to take it. */
  readonly answeredBy: 'next' | 'answerNow'
  /** Set if and only if `stoppedBy` is `policy-failed`. */
  readonly failure: RunFailure | null
  readonly stats: RunStats
}

/** A whole run, observations included. */
export interface RunResult extends RunEnd {
  readonly turns: readonly TurnRecord[]
}

/** The settings of a run; the header of its trajectory. */
export interface RunStart {
  readonly issue: string
  readonly policy: string
  /** The policy's settings; left out by policies without settings. */
  readonly settings?: PolicySettings
  readonly seed: number
  /** The tools that the policy was offered; the paper's three when left out. */
  readonly tools?: readonly ToolName[]
  readonly budget: Budget
}

/** An event of a run, sent when it happens. */
export type RunEvent =
  | { readonly kind: 'started'; readonly start: RunStart }
  | { readonly kind: 'turn-decided'; readonly turn: number; readonly calls: readonly Call[] }
  | { readonly kind: 'turn-finished'; readonly turn: TurnRecord }
  | { readonly kind: 'answered'; readonly end: RunEnd }

/** Receives the events of a run. Calls are in flight only between `turn-decided` and `turn-finished`. */
export type RunListener = (event: RunEvent) => void
