import type { Answer, Decision, Policy, State } from './policy.ts'

/** One step of a script: a decision, or a function that makes one from the state (and may throw, wait or use the signal). */
export type ScriptedStep = Decision | ((state: State, signal: AbortSignal) => Decision | Promise<Decision>)

/** An answer that names nothing. */
export const EMPTY_ANSWER: Answer = { files: [], candidates: { files: [], functions: [] }, confidence: 0 }

/**
 * A policy that plays a list of steps, the n-th on turn n; for tests of code that asks a policy.
 * `answerNow` gives `fallback`, by default the empty answer. Throws when it is asked for more turns than it has steps.
 */
export function createScriptedPolicy(script: {
  readonly steps: readonly ScriptedStep[]
  readonly fallback?: Answer
  readonly name?: string
}): Policy {
  const { steps, fallback = EMPTY_ANSWER, name = 'scripted' } = script
  const next = async (state: State, signal: AbortSignal): Promise<Decision> => {
    const step = steps[state.turn - 1]
    if (step === undefined) throw new Error(`The script has ${steps.length} steps, but turn ${state.turn} was asked.`)
    return typeof step === 'function' ? step(state, signal) : step
  }
  return { name, start: () => ({ next, answerNow: () => fallback }) }
}
