/** Why work gets no place: too many wait, it waited for too long, or there is no more work to come. */
export type NoPlace = 'full' | 'late' | 'closed'

/** Options of {@link Semaphore}. */
export interface SemaphoreOptions {
  /** Pieces of work that run at once. */
  readonly places: number
  /** Pieces of work that wait at most; any number when left out. */
  readonly maxWaiting?: number
  /** Longest wait in milliseconds; any time when left out. */
  readonly maxWaitMs?: number
  /** The error of a refusal. `waiting` is how many wait at that moment. */
  readonly refuse?: (why: NoPlace, waiting: number) => Error
}

interface Waiter {
  readonly admit: () => void
  readonly reject: (reason: unknown) => void
}

/**
 * Lets a number of pieces of work run at once; the others wait in the order in which they came. A place that comes free
 * goes to the first of them, so nothing that comes later can take it. A waiter whose signal aborts leaves the line at
 * once, rejects with the signal's reason, and never gets a place.
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

  /** Waits for a place and returns how to give it back; a second call of that does nothing. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#isClosed) throw this.#refusal('closed')
    if (this.#running < this.places) return this.#take()
    if (this.#line.size >= (this.#options.maxWaiting ?? Infinity)) throw this.#refusal('full')
    return this.#wait(signal)
  }

  /** Runs the work when it has a place, and gives the place back whatever comes of the work. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const leave = await this.enter(signal)
    try {
      return await work()
    } finally {
      leave()
    }
  }

  /** Refuses what waits and what comes; resolves when nothing runs any more. To be called once. */
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
