import type { RunEvent } from '../agent/index.ts'
import { joinSignals } from '../core/index.ts'
import { type LocateOptions, locate } from './locate.ts'
import type { LocateResult } from './result.ts'

/** An event of a localization: those of its run, and finally its checked result. */
export type LocateEvent = RunEvent | { readonly kind: 'located'; readonly result: LocateResult }

/**
 * {@link locate} as events: `for await (const event of locateEvents(options))`. The last one is `located`.
 * Throws what `locate` throws. Leaving the loop early ends the run; its processes have ended when the loop is left.
 */
export async function* locateEvents(options: LocateOptions): AsyncGenerator<LocateEvent, void, void> {
  const stop = joinSignals([options.signal])
  const events = createQueue<LocateEvent>()
  const onEvent = (event: RunEvent): void => {
    options.onEvent?.(event)
    events.push(event)
  }
  const run = locate({ ...options, signal: stop.signal, onEvent })
    .then((result) => events.push({ kind: 'located', result }))
    .finally(events.end)
  // Reported by the await below. Until then a failure must not count as unhandled: a slow reader gets there later.
  run.catch(() => undefined)
  try {
    yield* events
    await run
  } finally {
    stop.close()
    stop.abort()
    // The processes end before the loop is left. A failure was reported above, or the caller isn't interested.
    await run.catch(() => undefined)
  }
}

interface Queue<T> extends AsyncIterable<T> {
  push(item: T): void
  readonly end: () => void
}

/** Nobody is waiting yet. */
function nobody(): void {}

function createQueue<T>(): Queue<T> {
  const items: T[] = []
  let isOver = false
  let wake = nobody
  return {
    push(item) {
      items.push(item)
      wake()
    },
    end() {
      isOver = true
      wake()
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const item = items.shift()
        if (item !== undefined) yield item
        else if (isOver) return
        else await new Promise<void>((resolve) => (wake = resolve))
      }
    },
  }
}
