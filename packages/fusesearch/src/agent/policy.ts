import type { OutlineCache } from '../code/index.ts'
import type { Call, Observation, ToolLimits, ToolName } from '../search/index.ts'

/** The budget left, measured before the turn. */
export interface BudgetLeft {
  /** Turns after this one; at 0 the policy must answer. */
  readonly turns: number
  /** Calls that this turn may hold. */
  readonly breadth: number
  /** Bytes that observations may still show. */
  readonly bytes: number
  /** Milliseconds to the deadline; infinite without one. Deterministic policies don't use it. */
  readonly ms: number
}

/** A turn that has run. `observations[i]` belongs to `calls[i]`; `gains[i]` is its share of new entities (g_i). */
export interface PastTurn {
  readonly calls: readonly Call[]
  readonly observations: readonly Observation[]
  readonly gains: readonly number[]
  /** Calls beyond the breadth: not run, in the order in which they were issued. */
  readonly cut?: readonly Call[]
}

/** All that a policy sees: the issue, the budget and what its own calls revealed. */
export interface State {
  readonly issue: string
  /** This turn's number, from 1. */
  readonly turn: number
  readonly left: BudgetLeft
  readonly past: readonly PastTurn[]
  /** True on the last turn and after the deadline: only an answer is taken. */
  readonly mustAnswer: boolean
}

/** Lines of an observation that support an answer. `turn` counts from 1, `call` from 0 within the turn. */
export interface Evidence {
  readonly turn: number
  readonly call: number
  readonly startLine: number
  readonly endLine: number
  /** A few words that tell people why this is evidence. */
  readonly reason: string
}

/** A function in an answer. */
export interface AnsweredFunction {
  readonly name: string
  readonly startLine: number
  readonly endLine: number
  readonly score: number
}

/** A file in an answer, its functions best first. */
export interface AnsweredFile {
  readonly path: string
  readonly score: number
  readonly functions: readonly AnsweredFunction[]
  readonly evidence: readonly Evidence[]
}

/** A ranked function with its file. */
export interface CandidateFunction extends AnsweredFunction {
  readonly path: string
}

/** The answer of a policy: `files` is the answer proper, `candidates` the ranking behind it (at most 10 files, 20 functions). */
export interface Answer {
  readonly files: readonly AnsweredFile[]
  readonly candidates: {
    readonly files: readonly { readonly path: string; readonly score: number }[]
    readonly functions: readonly CandidateFunction[]
  }
  /** In [0, 1]: how sure the policy is that the first file is right. */
  readonly confidence: number
}

/** A failure outside the policy (of its endpoint, say) that ended a run early or made a fallback take over. */
export interface RunFailure {
  readonly code: string
  readonly message: string
}

/**
 * What a policy decides for a turn. An answer has a `failure` if something outside the policy failed (its endpoint, say)
 * and another policy finished the search.
 */
export type Decision =
  | {
      readonly kind: 'calls'
      readonly calls: readonly Call[]
      /** What these calls may show, where that is not what the run's calls may: a program reads more than a model. */
      readonly limits?: ToolLimits
    }
  | { readonly kind: 'answer'; readonly answer: Answer; readonly failure?: RunFailure }

/** The cost of asking a model. */
export interface ModelUse {
  /** Replies that were received. */
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Part of `inputTokens` from the endpoint's prompt cache; null where no endpoint says. */
  readonly cachedTokens: number | null
  /** True if an endpoint reported no tokens, so that some are estimated from bytes. */
  readonly isEstimated: boolean
  /** In the currency of the prices that were given; null without prices. */
  readonly cost: number | null
  /** Milliseconds of waiting for replies; part of the policy's time. */
  readonly ms: number
  /** Failed attempts that were repeated. */
  readonly retries: number
}

/** What a policy reports about a turn beside its decision; kept in the trajectory, never part of a state. */
export interface TurnReport {
  /** What was repaired, refused or left out, one sentence each. */
  readonly notes: readonly string[]
  readonly model?: ModelUse
}

/** One run of a policy; holds what the policy remembers between turns. */
export interface PolicyRun {
  /**
   * Decides the turn. Must not touch the repository: the loop runs the calls. When `signal` aborts, the loop stops
   * waiting, and the policy must end what it began (a request, say). A `FuseSearchError`, such as a failing endpoint,
   * makes the loop take `answerNow`; any other error is a bug and ends the run.
   */
  next(state: State, signal: AbortSignal): Promise<Decision>
  /**
   * The best answer from what was seen so far, without waiting. Called after a deadline (`next` may still be pending; its
   * result is ignored), a failure of `next`, an empty set of calls, or calls on the turn that must answer.
   */
  answerNow(state: State): Answer
  /**
   * What there is to report since the last call. The loop calls it once per turn, after the decision or after the answer
   * that it took instead; `next` may still be pending then.
   */
  takeReport?(): TurnReport
}

/** The settings of a policy beside its name, for the header of the trajectory. Never a secret. */
export type PolicySettings = Readonly<Record<string, string | number | boolean | null>>

/** What a run of a policy begins with. */
export interface StartOptions {
  readonly issue: string
  readonly seed: number
  /** The tools that its calls may name; the paper's three when left out. */
  readonly tools?: readonly ToolName[]
  /** Outlines that others may have parsed already, and that the check of the answer finds afterwards. */
  readonly outlines?: OutlineCache
}

/** Decides how to search. Stateless, so that one policy serves many runs at once. */
export interface Policy {
  readonly name: string
  readonly settings?: PolicySettings
  /**
   * How many policies share a run, one after the other; 1 when left out. Each has the turns and bytes of a whole
   * budget, so that none searches less than it would alone.
   */
  readonly parts?: number
  start(options: StartOptions): PolicyRun
}
