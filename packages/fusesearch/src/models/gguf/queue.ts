/** Runs one task after the other. One that waits is given up at once when its signal is aborted, with the reason. */
export type Queue = <T>(task: () => Promise<T>, signal: AbortSignal) => Promise<T>

export function createQueue(): Queue {
  let last: Promise<unknown> = Promise.resolve()
  return (task, signal) => {
    const run = last.then(() => {
      signal.throwIfAborted()
      return task()
    })
    last = run.catch(() => undefined)
    return Promise.race([run, aborted(signal, run)])
  }
}

/** Rejects when the signal is aborted; listens no longer than the task takes. */
function aborted(signal: AbortSignal, run: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const stop = (): void => signal.removeEventListener('abort', onAbort)
    run.then(stop, stop)
  })
}
