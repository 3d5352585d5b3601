import { type Clock, joinSignals } from '../core/index.ts'

/** Longest delay of a timer; with a longer one it would fire at once. */
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

/** When to stop. */
export interface StopOptions {
  readonly signal: AbortSignal | undefined
  /** Null for no deadline. */
  readonly deadlineMs: number | null
  /** Time of the clock from which the deadline counts; now when left out. */
  readonly startedMs?: number | undefined
  readonly clock: Clock
}

/**
 * Joins a caller's signal and a deadline. The timer aborts what is in flight. The clock is checked too, because a
 * synchronous policy keeps the timer from firing.
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

/** True if an error only reports that the signal was aborted; a real failure that comes at the same time isn't hidden. */
export function isAbortEcho(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted) return false
  return error === signal.reason || (error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name))
}
