import { createRng } from '../core/index.ts'

/** How often and how long a model is asked again. */
export interface Retries {
  /** Attempts after the first. */
  readonly attempts: number
  /** Wait before the first of them, doubled for each that follows, in milliseconds. */
  readonly firstWaitMs: number
  readonly maxWaitMs: number
}

export const DEFAULT_RETRIES: Retries = { attempts: 4, firstWaitMs: 500, maxWaitMs: 8_000 }

/** Waits of exponential back-off, each between half of itself and the whole, so that many runs don't ask in step. */
export function createBackOff(retries: Retries, seed: number): (attempt: number) => number {
  const rng = createRng(seed)
  return (attempt) => Math.min(retries.maxWaitMs, retries.firstWaitMs * 2 ** attempt) * (0.5 + rng.next() / 2)
}

/** Milliseconds that a Retry-After header asks for (seconds or a date, RFC 9110 section 10.2.3), or undefined. */
export function parseRetryAfter(header: string | undefined, dateMs: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1_000 : undefined
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - dateMs)
}

/** Waits; an aborted signal rejects with its reason at once. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal.reason)
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
