/**
 * core: errors, seeded randomness, time, and which paths are git's own.
 * Imports no other room and no Node API, so that a browser can share it.
 */
export { type JoinedSignal, joinSignals, untilAborted } from './abort.ts'
export { type Clock, systemClock } from './clock.ts'
export { type ErrorCode, FuseSearchError, type FuseSearchErrorOptions } from './errors.ts'
export { hasGitComponent, refuseGitPath } from './git-path.ts'
export { type JsonLine, jsonLine, readJsonLines } from './jsonl.ts'
export { largestOf } from './largest.ts'
export { Lru, type LruOptions } from './lru.ts'
export { createRng, type Rng, shuffled } from './rng.ts'
export { type NoPlace, Semaphore, type SemaphoreOptions } from './semaphore.ts'
export { replaceSpans, trimEndOf, trimOf, UNSEEN } from './text.ts'
