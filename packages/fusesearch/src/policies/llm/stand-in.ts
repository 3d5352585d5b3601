import type { Answer, Decision, RunFailure, State } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import type { Companion } from './seed.ts'

/** The policy that searches on in the model's place, and why. */
export interface StandIn {
  /** One sentence for the turn in which the model failed. */
  readonly startNote: string
  /** One sentence for the answer. */
  readonly endNote: string
  /** Decides a turn; an answer carries the model's failure, which marks the run. */
  next(state: State, signal: AbortSignal): Promise<Decision>
  answerNow(state: State): Answer
}

/** Lets a companion take over from `turn` on, within what the run may still spend. */
export function createStandIn(
  companion: Companion,
  { name, turn, failure }: { readonly name: string; readonly turn: number; readonly failure: RunFailure },
): StandIn {
  return {
    startNote: `The model failed: ${failure.message} The policy ${name} went on from turn ${turn}.`,
    endNote: `The model failed in turn ${turn}: this is the answer of the policy ${name}, which went on from there.`,
    next: async (state, signal) => {
      const decision = await companion.goOn(state, signal)
      return decision.kind === 'answer' ? { ...decision, failure } : decision
    },
    answerNow: (state) => companion.answerNow(state),
  }
}

/** The failure of a model that went on replying to no purpose. */
export function nothingSaid(replies: number): RunFailure {
  const message = `The model gave nothing to go on with in ${replies} replies. Try another model, or --tool-form text.`
  return { code: 'model-reply-bad', message }
}

/** The failure of a model whose calls led to no file at all. */
export function nothingSeen(turns: number): RunFailure {
  const asked = turns === 1 ? 'turn' : `${turns} turns`
  const message = `The calls of the model's first ${asked} had shown no file. Try another model.`
  return { code: 'model-reply-bad', message }
}

/** The failure of a model that, sent to look first, answered again with nothing but what no call had shown. */
export function neverShown(paths: readonly string[]): RunFailure {
  const [first = ''] = paths
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : ''
  const fact = `The model answered with what no call had shown: ${first.slice(0, 200)}${more}.`
  return { code: 'model-reply-bad', message: `${fact} Try another model.` }
}

/** The failure of a run that may spend nothing more on its model. */
export function outOfBudget(reason: string): FuseSearchError {
  const message = `The model was not asked: ${reason}. Raise --max-tokens or --max-cost.`
  return new FuseSearchError(message, { code: 'model-refused' })
}
