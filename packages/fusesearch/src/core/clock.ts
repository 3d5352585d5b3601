/** A source of time, an argument everywhere so that tests can hold it still. */
export interface Clock {
  /** Milliseconds since an arbitrary origin; never goes back. */
  nowMs(): number
}

/** The monotonic clock of the process. */
export const systemClock: Clock = { nowMs: () => performance.now() }
