/** A signal that aborts with the first of several signals. */
export interface JoinedSignal {
  readonly signal: AbortSignal
  /** Aborts it without them. */
  abort(reason?: unknown): void
  /** Stops listening to them. To be called when the work has ended. */
  close(): void
}

/**
 * Joins signals; undefined ones are left out. The reason is that of the signal that aborts first.
 * It isn't `AbortSignal.any`, which in Node 20 keeps about 1 kB for each call for as long as the longest of the signals
 * lives: a server's signal outlives millions of calls.
 */
export function joinSignals(sources: readonly (AbortSignal | undefined)[]): JoinedSignal {
  const controller = new AbortController()
  const abort = (reason?: unknown): void => controller.abort(reason)
  const listeners = sources.flatMap((source) => {
    if (source === undefined) return []
    const onAbort = (): void => abort(source.reason)
    if (source.aborted) onAbort()
    else source.addEventListener('abort', onAbort, { once: true })
    return [() => source.removeEventListener('abort', onAbort)]
  })
  return {
    signal: controller.signal,
    abort,
    close: () => {
      for (const stop of listeners) stop()
    },
  }
}

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted; never an unhandled rejection. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
