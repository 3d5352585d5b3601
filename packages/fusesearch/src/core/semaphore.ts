/** Why work is refused: too many wait, it waited too long, or the semaphore is closed. */
export type NoPlace = 'full' | 'late' | 'closed'

/** Options of {@link Semaphore}. */
export interface SemaphoreOptions {
  /** Tasks that run at the same time. */
  readonly places: number
  /** Tasks that may wait; any number when left out. */
  readonly maxWaiting?: number
  /** Longest wait in milliseconds; any time when left out. */
  readonly maxWaitMs?: number
  /** Makes the error of a refusal. `waiting` is the number of tasks in the queue. */
  readonly refuse?: (why: NoPlace, waiting: number) => Error
}

interface Waiter {
  readonly admit: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * Limits how many tasks run at the same time; the others wait in a first-in, first-out queue. A free place goes to the
 * first waiter, so a later task can't take it. A waiter whose signal aborts leaves the queue at once, rejects with the
 * signal's reason, and never gets a place.
 */
export class Semaphore {
  readonly places: number
  readonly #options: SemaphoreOptions
  readonly #line = new Set<Waiter>()
  #running = 0
  #isClosed = false
  #tellEmpty: (() => void) | undefined

  constructor(options: SemaphoreOptions) {
    this.places = options.places
    this.#options = options
  }

  load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running, waiting: this.#line.size }
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Waits for a place. Returns the function that gives it back; calling that twice is harmless. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#isClosed) throw this.#refusal('closed')
    if (this.#running < this.places) return this.#take()
    if (this.#line.size >= (this.#options.maxWaiting ?? Infinity)) throw this.#refusal('full')
    return this.#wait(signal)
  }

  /** Waits for a place, runs the work, and gives the place back however the work ends. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const leave = await this.enter(signal)
    try {
      return await work()
    } finally {
      leave()
    }
  }

  /** Rejects all waiters and all later tasks; resolves when no task is running. To be called once. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const waiter of this.#line) waiter.reject(this.#refusal('closed'))
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#tellEmpty = resolve))
  }

  #take(): () => void {
    this.#running++
    let isOut = false
    return () => {
      if (!isOut) this.#leave()
      isOut = true
    }
  }

  #leave(): void {
    this.#running--
    const [next] = this.#line
    next?.admit()
    if (this.#running === 0) this.#tellEmpty?.()
  }

  #wait(signal: AbortSignal): Promise<() => void> {
    const { maxWaitMs } = this.#options
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#line.delete(waiter)
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
      }
      const waiter: Waiter = {
        admit: () => (settle(), resolve(this.#take())),
        reject: (reason) => (settle(), reject(reason)),
      }
      const onAbort = (): void => waiter.reject(signal.reason)
      const onLate = (): void => waiter.reject(this.#refusal('late'))
      const timer = maxWaitMs === undefined ? undefined : setTimeout(onLate, maxWaitMs)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#line.add(waiter)
    })
  }

  #refusal(why: NoPlace): Error {
    const waiting = this.#line.size
    return this.#options.refuse?.(why, waiting) ?? new Error(`no place: ${why}`)
  }
}
