/** Concurrent searches per core. They compete for it, but waiting searches of the same tree share their walks. */
export const SEARCHES_PER_CORE = 4

/** Concurrent searches for a server with workers. They only wait here; the queue holds those not yet started. */
export const SEARCHES_ON_WORKERS = 256

/** Default limits of an HTTP server; times in milliseconds. */
export const DEFAULT_HTTP_LIMITS = { maxQueued: 64, maxWaitMs: 30_000, maxRunMs: 60_000 } as const
