import type { Call, Observation, ToolLimits, ToolName } from '../search/index.ts'

/** What the loop still allows, measured before the turn. */
export interface BudgetLeft {
  /** Turns after this one; at 0 the policy must answer. */
  readonly turns: number
  /** Calls that this turn may hold. */
  readonly breadth: number
  /** Bytes that observations may still show. */
  readonly bytes: number
  /** Milliseconds to the deadline; infinite without one. Policies that promise determinism do not look at it. */
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

/** Lines of a call's observation that speak for an answer. `turn` from 1, `call` from 0 within the turn. */
export interface Evidence {
  readonly turn: number
  readonly call: number
  readonly startLine: number
  readonly endLine: number
  /** A few words for people: why this counts. */
  readonly reason: string
}

/** A function of an answer. */
export interface AnsweredFunction {
  readonly name: string
  readonly startLine: number
  readonly endLine: number
  readonly score: number
}

/** A file of an answer, its functions best first. */
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

/** What a policy answers: `files` is committed, `candidates` the ranking behind it (at most 10 files, 20 functions). */
export interface Answer {
  readonly files: readonly AnsweredFile[]
  readonly candidates: {
    readonly files: readonly { readonly path: string; readonly score: number }[]
    readonly functions: readonly CandidateFunction[]
  }
  /** In [0, 1]: how sure the policy is that the first file is right. */
  readonly confidence: number
}

/** The failure of a policy's own world that ended a run early or was stood in for, with its error code. */
export interface RunFailure {
  readonly code: string
  readonly message: string
}

/**
 * What a policy decides for a turn. An answer has a `failure` when the policy's own world failed on the way and another
 * policy searched on and answered in its place.
 */
export type Decision =
  | {
      readonly kind: 'calls'
      readonly calls: readonly Call[]
      /** What these calls may show, where that is not what the run's calls may: a program reads more than a model. */
      readonly limits?: ToolLimits
    }
  | { readonly kind: 'answer'; readonly answer: Answer; readonly failure?: RunFailure }

/** What asking a model cost. */
export interface ModelUse {
  /** Replies that were asked for and came. */
  readonly requests: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Part of `inputTokens` from the endpoint's prompt cache; null where no endpoint says. */
  readonly cachedTokens: number | null
  /** True when an endpoint did not say its tokens, so that some are estimated from bytes. */
  readonly isEstimated: boolean
  /** In the currency of the prices that were given; null without prices. */
  readonly cost: number | null
  /** Milliseconds that replies were waited for; part of the policy's time. */
  readonly ms: number
  /** Failed attempts that were tried again. */
  readonly retries: number
}

/** What a policy has to say of a turn beside its decision; kept in the trajectory, never part of a state. */
export interface TurnReport {
  /** What was repaired, refused or left out, one sentence each. */
  readonly notes: readonly string[]
  readonly model?: ModelUse
}

/** One localization of a policy; holds whatever the policy remembers between turns. */
export interface PolicyRun {
  /**
   * Decides the turn. Must not touch the repository: the loop runs the calls. Once `signal` is aborted the loop waits
   * no longer, and the policy must end what it began (a request, say). What it throws is a bug and ends the run, except
   * a `FuseSearchError`, the failure of its own world (an endpoint, say): then the loop takes `answerNow`.
   */
  next(state: State, signal: AbortSignal): Promise<Decision>
  /**
   * The best answer from what was seen so far, at once. Asked after a deadline (`next` may still be pending, and what it
   * does later counts for nothing), a failure of `next`, an empty set of calls, or calls where an answer was due.
   */
  answerNow(state: State): Answer
  /**
   * What there is to say since it was last asked. The loop asks once a turn, after the decision or the answer that it
   * took instead; `next` may still be pending then.
   */
  takeReport?(): TurnReport
}

/** What a policy was set to, beside its name; for the trajectory's header. Never a secret. */
export type PolicySettings = Readonly<Record<string, string | number | boolean | null>>

/** How to search: stateless, so that one policy serves many runs at once. */
export interface Policy {
  readonly name: string
  readonly settings?: PolicySettings
  /**
   * How many policies share a run, one after the other; 1 when left out. Each has the turns and bytes of a whole
   * budget, so that none searches less than it would alone.
   */
  readonly parts?: number
  /** `tools` are those that its calls may name; the paper's three when left out. */
  start(options: { readonly issue: string; readonly seed: number; readonly tools?: readonly ToolName[] }): PolicyRun
}
