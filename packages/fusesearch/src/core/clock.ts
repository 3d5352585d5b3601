/** A source of time. It is always passed as an argument, so that tests can stop it. */
export interface Clock {
  /** Milliseconds since an arbitrary origin; never goes back. */
  nowMs(): number
}

/** The monotonic clock of the process. */
export const systemClock: Clock = { nowMs: () => performance.now() }
