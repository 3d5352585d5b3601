import type { Answer, Decision, Policy, PolicyRun, State } from '../../agent/index.ts'
import type { Call } from '../../search/index.ts'

/** Another policy beside the model: its first turn may begin the run, its answer may stand in for the model's. */
export interface Companion {
  /** The calls of its first turn, at most so many; empty when it would answer at once. */
  firstCalls(state: State, signal: AbortSignal): Promise<readonly Call[]>
  /** Takes in what was observed so far, so that `answer` is ready. */
  follow(state: State, signal: AbortSignal): Promise<void>
  /** Its answer from all that it followed; undefined before that, and when it has none. */
  answer(): Answer | undefined
  /** Decides a turn in the model's place; what it followed so far it knows. */
  goOn(state: State, signal: AbortSignal): Promise<Decision>
  /** Its best answer at once, while it goes on. */
  answerNow(state: State): Answer
}

/** Starts a companion; it is one run, so that what begins the run is also what answers for it. */
export function startCompanion(policy: Policy, options: Parameters<Policy['start']>[0]): Companion {
  const run: PolicyRun = policy.start(options)
  let answer: Answer | undefined
  const keep = (given: Answer): void => {
    if (given.files.length > 0) answer = given
  }
  return {
    async firstCalls(state, signal) {
      const decision = await run.next(state, signal)
      if (decision.kind === 'calls') return decision.calls.slice(0, state.left.breadth)
      keep(decision.answer)
      return []
    },
    async follow(state, signal) {
      // On a last turn a policy takes in what it saw and answers, and issues nothing.
      const decision = await run.next(
        { ...state, left: { ...state.left, turns: 0, breadth: 0 }, mustAnswer: true },
        signal,
      )
      if (decision.kind === 'answer') keep(decision.answer)
    },
    answer: () => answer,
    goOn: (state, signal) => run.next(state, signal),
    answerNow: (state) => run.answerNow(state),
  }
}
