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

/** The failure of a run that may spend nothing more on its model. */
export function outOfBudget(reason: string): FuseSearchError {
  const message = `The model was not asked: ${reason}. Raise --max-tokens or --max-cost.`
  return new FuseSearchError(message, { code: 'model-refused' })
}

/** Part of the time left that a model may not use up, so that a fallback can still search, and the most of it. */
const KEPT_SHARE = 0.2
const MAX_KEPT_MS = 10_000

/** The time that a model has for a turn. */
export interface Patience {
  /** Aborted with a `model-unreachable` error when it ends, or as the run's own signal is. */
  readonly signal: AbortSignal
  close(): void
}

/** Opens a turn's time: without a deadline it has no end of its own. */
export function openPatience(leftMs: number, signal: AbortSignal, model: string): Patience {
  if (!Number.isFinite(leftMs)) return { signal, close: () => undefined }
  const controller = new AbortController()
  const ms = leftMs - Math.min(MAX_KEPT_MS, leftMs * KEPT_SHARE)
  const onAbort = (): void => controller.abort(signal.reason)
  const timer = setTimeout(() => controller.abort(tooSlow(model, ms)), ms)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  return {
    signal: controller.signal,
    close: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    },
  }
}

function tooSlow(model: string, ms: number): FuseSearchError {
  const seconds = (ms / 1_000).toFixed(1)
  const message = `The model ${model} gave no reply that could be gone on with in ${seconds} s, and the deadline leaves no more. Set a longer one with --deadline.`
  return new FuseSearchError(message, { code: 'model-unreachable' })
}
