import { Problem } from './problem.ts'

/** How many searches run and wait. */
export interface GateLimits {
  readonly maxRunning: number
  readonly maxQueued: number
  /** Longest wait in the queue. */
  readonly maxWaitMs: number
}

/** Lets a number of searches run at once; the others wait in line, but neither too many nor too long. */
export interface Gate {
  /**
   * Waits for a place and returns how to give it back, once.
   * Throws a problem: 429 with a full queue, 503 after the longest wait and when the gate is closed.
   * An aborted signal ends the wait with its reason.
   */
  enter(signal: AbortSignal): Promise<() => void>
  load(): { readonly running: number; readonly queued: number }
  isClosed(): boolean
  /** Turns away who waits and who comes; resolves when nobody runs any more. */
  close(): Promise<void>
}

/** Seconds after which it is worth another try. */
const RETRY_AFTER_SECONDS = 1

interface Waiter {
  readonly admit: () => void
  readonly refuse: (reason: unknown) => void
}

/** Nobody waits for the gate to be empty yet. */
function nobody(): void {}

export function createGate({ maxRunning, maxQueued, maxWaitMs }: GateLimits): Gate {
  const queue = new Set<Waiter>()
  let running = 0
  let isClosed = false
  let tellEmpty = nobody

  const leave = (): void => {
    running--
    const next = queue.values().next().value
    if (next !== undefined && !isClosed) next.admit()
    if (running === 0) tellEmpty()
  }
  const admitted = (): (() => void) => {
    running++
    let isOut = false
    return () => {
      if (!isOut) leave()
      isOut = true
    }
  }
  const wait = (signal: AbortSignal): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        queue.delete(waiter)
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
      }
      const refuse = (reason: unknown): void => {
        settle()
        reject(reason)
      }
      const onAbort = (): void => refuse(signal.reason)
      const waiter: Waiter = { admit: () => (settle(), resolve(admitted())), refuse }
      const timer = setTimeout(() => refuse(busy(503, `No place came free in ${maxWaitMs} ms`)), maxWaitMs)
      signal.addEventListener('abort', onAbort, { once: true })
      queue.add(waiter)
    })

  return {
    async enter(signal) {
      signal.throwIfAborted()
      if (isClosed) throw closing()
      if (running < maxRunning && queue.size === 0) return admitted()
      if (queue.size >= maxQueued) throw busy(429, `${queue.size} requests wait already`)
      return wait(signal)
    },
    load: () => ({ running, queued: queue.size }),
    isClosed: () => isClosed,
    async close() {
      isClosed = true
      for (const waiter of queue) waiter.refuse(closing())
      if (running > 0) await new Promise<void>((resolve) => (tellEmpty = resolve))
    },
  }
}

function busy(status: 429 | 503, fact: string): Problem {
  const message = `${fact}. Try again later, or raise the limit of the server.`
  return new Problem(status, { code: 'busy', message, retryAfterSeconds: RETRY_AFTER_SECONDS })
}

export function closing(): Problem {
  const message = 'The server is shutting down. Try again later.'
  return new Problem(503, { code: 'shutting-down', message, retryAfterSeconds: RETRY_AFTER_SECONDS })
}
