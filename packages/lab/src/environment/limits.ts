/**
 * Limits of the environment server; each is an option of `fusesearch env serve` or documented in docs/environment.md.
 */
export const DEFAULT_ENVIRONMENT_LIMITS = {
  maxSessions: 256,
  /** A trainer computes for minutes between two messages of a session. */
  idleTimeoutMs: 1_800_000,
  /** Below the 60 s that OpenEnv's client waits for an answer. */
  stepTimeoutMs: 50_000,
} as const

/** Maximum number of calls in a step: calls beyond the breadth get a message, a step with more calls is refused. */
export const MAX_CALLS_A_STEP = 64
/** UTF-8 bytes of one message of a client. */
export const MAX_MESSAGE_BYTES = 4_000_000
/** Maximum number of tasks in one list. */
export const MAX_TASKS_LISTED = 1_000
export const PING_EVERY_MS = 30_000
export const MAX_UNSENT_BYTES = 1_000_000
export const DRAIN_TIMEOUT_MS = 60_000
