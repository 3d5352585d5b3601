/** Searches at once for each core: they compete for it, but those of one tree that wait together share their walks. */
export const SEARCHES_PER_CORE = 4

/** Searches at once that a server hands to workers: here they only wait, and the queue holds what no worker has begun. */
export const SEARCHES_ON_WORKERS = 256

/** What an HTTP server allows unless it is told otherwise; times in milliseconds. */
export const DEFAULT_HTTP_LIMITS = { maxQueued: 64, maxWaitMs: 30_000, maxRunMs: 60_000 } as const
