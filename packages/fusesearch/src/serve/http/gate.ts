import { type NoPlace, Semaphore } from '../../core/index.ts'
import { Problem } from '../door/index.ts'

/** How many searches may run and wait. */
export interface GateLimits {
  readonly maxRunning: number
  readonly maxQueued: number
  /** Longest wait in the queue. */
  readonly maxWaitMs: number
}

/** Value of Retry-After. */
const RETRY_AFTER_SECONDS = 1

/** Limits concurrent searches. Refuses with 429 if the queue is full, with 503 after the longest wait or on close. */
export function createGate({ maxRunning, maxQueued, maxWaitMs }: GateLimits): Semaphore {
  const refuse = (why: NoPlace, waiting: number): Problem => {
    if (why === 'closed') return closing()
    return why === 'late'
      ? busy(503, `No place came free in ${maxWaitMs} ms`)
      : busy(429, `${waiting} requests wait already`)
  }
  return new Semaphore({ places: maxRunning, maxWaiting: maxQueued, maxWaitMs, refuse })
}

function busy(status: 429 | 503, fact: string): Problem {
  const message = `${fact}. Try again later, or raise the limit of the server.`
  return new Problem(status, { code: 'busy', message, retryAfterSeconds: RETRY_AFTER_SECONDS })
}

export function closing(): Problem {
  const message = 'The server is shutting down. Try again later.'
  return new Problem(503, { code: 'shutting-down', message, retryAfterSeconds: RETRY_AFTER_SECONDS })
}
