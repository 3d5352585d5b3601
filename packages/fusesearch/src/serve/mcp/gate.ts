import { FuseSearchError } from '../../core/index.ts'

/** Lets a few requests run at a time and the others wait in the order in which they came. */
export interface Gate {
  /**
   * Runs the work when its turn has come. Rejects with the signal's reason while it waits, and with `busy-folder`
   * when too many wait already.
   */
  run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result>
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>
}

/** Opens a gate. */
export function createGate({ atOnce, maxWaiting }: { readonly atOnce: number; readonly maxWaiting: number }): Gate {
  const waiting: (() => void)[] = []
  const running = new Set<Promise<unknown>>()
  let taken = 0
  const leave = (): void => {
    const next = waiting.shift()
    // The place goes over to the next one, so nobody can slip in between.
    if (next === undefined) taken -= 1
    else next()
  }
  const enter = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted()
    if (taken < atOnce) {
      taken += 1
      return
    }
    if (waiting.length >= maxWaiting) {
      const message = `${maxWaiting} requests wait already. Ask again in a few seconds.`
      throw new FuseSearchError(message, { code: 'busy-folder' })
    }
    await turnOf(waiting, signal)
  }
  return {
    async run(signal, work) {
      await enter(signal)
      const job = work()
      running.add(job)
      try {
        return await job
      } finally {
        running.delete(job)
        leave()
      }
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running)
    },
  }
}

function turnOf(waiting: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onTurn = (): void => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }
    const onAbort = (): void => {
      waiting.splice(waiting.indexOf(onTurn), 1)
      reject(signal.reason)
    }
    waiting.push(onTurn)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}
