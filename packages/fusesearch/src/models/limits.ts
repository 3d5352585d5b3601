/** Bytes that one reply may take on its way; whole answers of the longest models stay far below. */
export const MAX_REPLY_BYTES = 32 * 2 ** 20

/** UTF-16 units that one event of a stream may hold. */
export const MAX_EVENT_LENGTH = 4 * 2 ** 20

/** Bytes that are read of the body of a refusal, and UTF-16 units that are shown of what it says. */
export const MAX_ERROR_BYTES = 64 * 2 ** 10
export const MAX_ERROR_SHOWN = 300

/** Longest wait that an endpoint may ask for with Retry-After; what asks for more is given up. */
export const MAX_RETRY_AFTER_MS = 60_000

/** Longest silence of an endpoint: before its first byte and between two pieces of a stream. */
export const DEFAULT_TIMEOUT_MS = 120_000

/** Longest time of one attempt, however lively its stream is. */
export const DEFAULT_TOTAL_TIMEOUT_MS = 600_000

/** What is asked of an endpoint that must be told how long a reply may be. */
export const DEFAULT_MAX_TOKENS = 8_192

/** A reply that can't be read is asked for once more: it may have been a hiccup, but is more often the endpoint's way. */
export const BAD_REPLY_RETRIES = 1

/** How long a stream that said why it ended is waited for: its usage and its last event may follow. */
export const FINISH_GRACE_MS = 2_000

/** How long the end of a response is waited for after its last event. */
export const QUIET_END_MS = 20
