import { FuseSearchError } from '../../core/index.ts'

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
