/** Lets so many pieces of work run at once; others wait in line. A client waits for its answer meanwhile. */
export class Places {
  readonly most: number
  readonly #line: (() => void)[] = []
  #taken = 0

  constructor(most: number) {
    this.most = most
  }

  /** Work that runs, and work that waits. */
  load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#taken, waiting: this.#line.length }
  }

  /** Runs the work when a place is free; `signal` is looked at when its turn comes. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#taken >= this.most) await new Promise<void>((resolve) => this.#line.push(resolve))
    else this.#taken++
    try {
      signal.throwIfAborted()
      return await work()
    } finally {
      const next = this.#line.shift()
      // The place goes from hand to hand.
      if (next === undefined) this.#taken--
      else next()
    }
  }
}
