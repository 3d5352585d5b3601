import type { OutlineCache } from '../code/index.ts'
import { type Clock, FuseSearchError, untilAborted } from '../core/index.ts'
import type { Call, FailedObservation, ToolName } from '../search/index.ts'
import { type Budget, resolveBudget } from './budget.ts'
import { type Discovered, gainOf, noneDiscovered } from './entities/gain.ts'
import type { Decision, Policy, PolicyRun, RunFailure, State, TurnReport } from './policy.ts'
import type {
  RanCalls,
  RunCalls,
  RunCallsContext,
  RunEnd,
  RunEvent,
  RunListener,
  RunResult,
  StoppedBy,
  TurnRecord,
} from './run.ts'
import { measureRun } from './stats.ts'
import { isAbortEcho, openStop, type Stop } from './stop.ts'

/** Options of {@link runLoop}. */
export interface LoopOptions {
  readonly issue: string
  readonly policy: Policy
  readonly seed: number
  /** Tools that the policy is offered; the paper's three when left out. */
  readonly tools?: readonly ToolName[]
  /** What is left out has its default. */
  readonly budget?: Partial<Budget>
  readonly runCalls: RunCalls
  /** See {@link StartOptions}. */
  readonly outlines?: OutlineCache | undefined
  readonly clock: Clock
  /**
   * Time of the clock from which the deadline counts, if work was done before the run; the start of the run when left
   * out.
   */
  readonly startedMs?: number
  readonly signal?: AbortSignal | undefined
  /** Records the run, for example in a trajectory file; receives each event before `onEvent` does. */
  readonly record?: RunListener | undefined
  /** Shows the run while it runs. */
  readonly onEvent?: RunListener | undefined
}

/**
 * Asks the policy and runs its calls, turn by turn, until there is an answer (paper §2).
 *
 * An aborted `signal` rejects with its reason, once the calls in flight have ended. A deadline does not: it ends the
 * calls and takes the best answer so far. A `FuseSearchError` of the policy's `next` ends the run with `answerNow` and
 * `stoppedBy: 'policy-failed'`, and so does an answer with a failure. Any other error of a policy, the runner or a
 * listener is passed on.
 * Throws `bad-argument` for a budget that no run can have.
 */
export async function runLoop(options: LoopOptions): Promise<RunResult> {
  options.signal?.throwIfAborted()
  const { issue, policy, seed, clock, signal } = options
  const budget = resolveBudget(options.budget)
  const startedMs = clock.nowMs()
  const stop = openStop({ signal, deadlineMs: budget.deadlineMs, startedMs: options.startedMs, clock })
  try {
    const tools = options.tools === undefined ? {} : { tools: options.tools }
    const outlines = options.outlines === undefined ? {} : { outlines: options.outlines }
    const policyRun = policy.start({ issue, seed, ...tools, ...outlines })
    const policyMs = clock.nowMs() - startedMs
    const parts = policy.parts ?? 1
    const whole = { ...budget, maxTurns: budget.maxTurns * parts, maxBytes: budget.maxBytes * parts }
    const run: Run = { options, budget: whole, stop, policyRun, discovered: noneDiscovered(), turns: [], policyMs }
    const settings = policy.settings === undefined ? {} : { settings: policy.settings }
    emit(run, { kind: 'started', start: { issue, policy: policy.name, ...settings, seed, ...tools, budget } })
    const ending = await runTurns(run)
    const ms = { total: clock.nowMs() - startedMs, policy: run.policyMs }
    const end: RunEnd = { ...ending, stats: measureRun(run.turns, ms, ending.model) }
    emit(run, { kind: 'answered', end })
    return { ...end, turns: run.turns }
  } finally {
    stop.close()
  }
}

/** State of a running run. */
interface Run {
  readonly options: LoopOptions
  /** Of all parts together. */
  readonly budget: Budget
  readonly stop: Stop
  readonly policyRun: PolicyRun
  readonly discovered: Discovered
  readonly turns: TurnRecord[]
  /** Milliseconds spent in the policy, including its start. */
  policyMs: number
}

type Ending = Omit<RunEnd, 'stats'>

type DecidedCalls = Extract<Decision, { readonly kind: 'calls' }>

/** What became of asking the policy: calls to run, or the end. */
type Step = DecidedCalls | { readonly kind: 'end'; readonly ending: Ending }

async function runTurns(run: Run): Promise<Ending> {
  const { budget, options } = run
  for (;;) {
    const askedMs = run.policyMs
    const state = stateOf(run)
    const step = await decide(run, state)
    options.signal?.throwIfAborted()
    const report = reportOf(run)
    if (step.kind === 'end') return { ...step.ending, ...report }
    const calls = step.calls.slice(0, budget.maxBreadth)
    const cut = step.calls.slice(budget.maxBreadth)
    emit(run, { kind: 'turn-decided', turn: state.turn, calls })
    const ran = await runAndScore(run, step, { calls, bytesLeft: state.left.bytes })
    const ms = { policy: run.policyMs - askedMs, tools: ran.toolsMs }
    const turn = { turn: state.turn, calls, cut, ...ran.scored, ms }
    options.signal?.throwIfAborted()
    const reported = { ...turn, ...report }
    run.turns.push(reported)
    emit(run, { kind: 'turn-finished', turn: reported })
  }
}

/** The results of a turn's calls. */
type Scored = Omit<TurnRecord, 'turn' | 'calls' | 'cut' | 'ms' | keyof TurnReport>

/**
 * Runs the calls of one turn and scores them in the order in which they were issued.
 * Throws when the runner breaks its contract of one observation for each call.
 */
async function runAndScore(
  run: Run,
  { limits }: DecidedCalls,
  { calls, bytesLeft }: { readonly calls: readonly Call[]; readonly bytesLeft: number },
): Promise<{ readonly scored: Scored; readonly toolsMs: number }> {
  const { clock } = run.options
  const startedMs = clock.nowMs()
  const within = { bytesLeft, signal: run.stop.signal, ...(limits === undefined ? {} : { limits }) }
  const { observations, ms } = await runOrAbort(run, calls, within)
  if (observations.length !== calls.length) {
    throw new Error(`${calls.length} calls ran, but ${observations.length} observations came back.`)
  }
  const toolsMs = clock.nowMs() - startedMs
  const measured = observations.map((observation) => gainOf(observation, run.discovered))
  const gains = measured.map(({ gain }) => gain)
  const entities = measured.map(({ revealed, fresh }) => ({ revealed, fresh }))
  const callMs = calls.map((_, index) => ms?.[index] ?? null)
  const bytes = observations.reduce((sum, observation) => sum + observation.bytes, 0)
  return { scored: { observations, gains, entities, callMs, bytes }, toolsMs }
}

/** If the signal made the runner reject, each call has failed with `aborted`. */
async function runOrAbort({ options }: Run, calls: readonly Call[], within: RunCallsContext): Promise<RanCalls> {
  try {
    return await options.runCalls(calls, within)
  } catch (error) {
    if (!isAbortEcho(error, within.signal)) throw error
    return { observations: calls.map(abortedObservation) }
  }
}

/** It has no text, because the policy isn't asked for another turn. */
function abortedObservation({ tool }: Call): FailedObservation {
  return { ok: false, tool, code: 'aborted', message: 'The run was stopped before this call ended.', bytes: 0 }
}

/** No field for a policy that makes no reports or has nothing to report. */
function reportOf({ policyRun }: Run): Partial<TurnReport> {
  const report = policyRun.takeReport?.()
  if (report === undefined) return {}
  const { notes, model } = report
  return { ...(notes.length === 0 ? {} : { notes }), ...(model === undefined ? {} : { model }) }
}

/** Asks the policy for the turn. If it gives neither calls nor an answer, for whatever reason, takes `answerNow`. */
async function decide(run: Run, state: State): Promise<Step> {
  if (run.stop.isOver()) return takeAnswer(run, state, 'deadline')
  const asked = await ask(run, state)
  run.options.signal?.throwIfAborted()
  if (asked.kind === 'stopped') return takeAnswer(run, state, 'deadline')
  if (asked.kind === 'failed') return takeAnswer(run, state, asked.failure)
  if (asked.kind === 'answer') {
    const { answer, failure = null } = asked
    const stoppedBy = failure !== null ? 'policy-failed' : state.mustAnswer ? 'turns' : 'answer'
    return { kind: 'end', ending: { answer, stoppedBy, answeredBy: 'next', failure } }
  }
  if (run.stop.isOver()) return takeAnswer(run, state, 'deadline')
  if (state.mustAnswer) return takeAnswer(run, state, 'turns')
  return asked.calls.length === 0 ? takeAnswer(run, state, 'no-calls') : asked
}

type Asked = Decision | { readonly kind: 'stopped' } | { readonly kind: 'failed'; readonly failure: RunFailure }

async function ask(run: Run, state: State): Promise<Asked> {
  const { options, policyRun, stop } = run
  const startedMs = options.clock.nowMs()
  try {
    return await untilAborted(policyRun.next(state, stop.signal), stop.signal)
  } catch (error) {
    if (isAbortEcho(error, stop.signal)) return { kind: 'stopped' }
    if (!(error instanceof FuseSearchError)) throw error
    return { kind: 'failed', failure: { code: error.code, message: error.message } }
  } finally {
    run.policyMs += options.clock.nowMs() - startedMs
  }
}

function takeAnswer(run: Run, state: State, why: Exclude<StoppedBy, 'answer' | 'policy-failed'> | RunFailure): Step {
  const startedMs = run.options.clock.nowMs()
  const answer = run.policyRun.answerNow({ ...state, left: { ...state.left, breadth: 0 }, mustAnswer: true })
  run.policyMs += run.options.clock.nowMs() - startedMs
  const [stoppedBy, failure] = typeof why === 'string' ? ([why, null] as const) : (['policy-failed', why] as const)
  return { kind: 'end', ending: { answer, stoppedBy, answeredBy: 'answerNow', failure } }
}

function stateOf({ options, budget, stop, turns }: Run): State {
  const turn = turns.length + 1
  const bytesShown = turns.reduce((sum, { bytes }) => sum + bytes, 0)
  const isLast = turn === budget.maxTurns
  return {
    issue: options.issue,
    turn,
    left: {
      turns: budget.maxTurns - turn,
      breadth: isLast ? 0 : budget.maxBreadth,
      bytes: Math.max(0, budget.maxBytes - bytesShown),
      ms: stop.leftMs(),
    },
    // Without the times, because a policy's input must be the same in every run.
    past: turns.map(({ calls, observations, gains, cut }) => ({ calls, observations, gains, cut })),
    mustAnswer: isLast,
  }
}

function emit({ options }: Run, event: RunEvent): void {
  options.record?.(event)
  options.onEvent?.(event)
}
