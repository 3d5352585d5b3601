import { type Clock, joinSignals } from '../core/index.ts'

/** Longest delay that a timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647

/** Why a run has to stop: its caller's abort, or its deadline. */
export interface Stop {
  /** Aborted by either of the two. */
  readonly signal: AbortSignal
  /** True once the deadline has passed. */
  isOver(): boolean
  /** Milliseconds to the deadline, infinite without one, never below 0. */
  leftMs(): number
  /** Drops the timer and the listener on the caller's signal. */
  close(): void
}

/** What to join. */
export interface StopOptions {
  readonly signal: AbortSignal | undefined
  /** Null for no deadline. */
  readonly deadlineMs: number | null
  /** Time of the clock from which the deadline counts; now when left out. */
  readonly startedMs?: number | undefined
  readonly clock: Clock
}

/**
 * Joins a caller's signal and a deadline. The timer aborts what is in flight; the clock also tells when the deadline
 * has passed while a synchronous policy kept the timer from firing.
 */
export function openStop(options: StopOptions): Stop {
  const { signal, deadlineMs, clock, startedMs = clock.nowMs() } = options
  const joined = joinSignals([signal])
  const endMs = deadlineMs === null ? Number.POSITIVE_INFINITY : startedMs + deadlineMs
  let isOver = false
  const onDeadline = (): void => {
    isOver = true
    joined.abort(new DOMException(`The deadline of ${deadlineMs} ms has passed.`, 'TimeoutError'))
  }
  const delayMs = Math.max(0, Math.min(endMs - clock.nowMs(), MAX_TIMER_MS))
  const timer = deadlineMs === null ? undefined : setTimeout(onDeadline, delayMs)
  return {
    signal: joined.signal,
    isOver: () => isOver || clock.nowMs() >= endMs,
    leftMs: () => (isOver ? 0 : Math.max(0, endMs - clock.nowMs())),
    close: () => {
      clearTimeout(timer)
      joined.close()
    },
  }
}

/** True when an error is only the echo of the aborted signal, so that a real failure is never taken for one. */
export function isAbortEcho(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false
  return error === signal.reason || (error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name))
}
