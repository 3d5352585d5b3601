/** Most bytes of one reply; real replies are far smaller. */
export const MAX_REPLY_BYTES = 32 * 2 ** 20

/** Most UTF-16 units of one event of a stream. */
export const MAX_EVENT_LENGTH = 4 * 2 ** 20

/** Most bytes that are read from a refusal's body, and most UTF-16 units that are shown of its message. */
export const MAX_ERROR_BYTES = 64 * 2 ** 10
export const MAX_ERROR_SHOWN = 300

/** The longest Retry-After to wait for; a longer one ends the request. */
export const MAX_RETRY_AFTER_MS = 60_000

/** Longest silence of an endpoint, before its first byte and between two pieces of a stream. */
export const DEFAULT_TIMEOUT_MS = 120_000

/** Longest time of one attempt, even if its stream is still running. */
export const DEFAULT_TOTAL_TIMEOUT_MS = 600_000

/** The token limit of a reply for endpoints that require one. */
export const DEFAULT_MAX_TOKENS = 8_192

/** Further attempts after an unreadable reply: few, since most endpoints that send one do so every time. */
export const BAD_REPLY_RETRIES = 1

/** How long to read a stream after its finish reason, since its usage and last event may follow. */
export const FINISH_GRACE_MS = 2_000

/** How long to wait for the end of a response after its last event. */
export const QUIET_END_MS = 20
