import { setMaxListeners } from 'node:events'
import { withSuggestions } from './nearest/show.ts'
import type { CallFailureCode, FailedObservation, ToolName } from './tool.ts'

/** The time that the calls of a turn have: ends with the caller's abort or at the time-out. */
export interface Scope {
  readonly signal: AbortSignal
  /** Why it ended, as a call's failure; undefined while it lasts. */
  failure(): CallFailure | undefined
  /** Ends it at once, because the turn as a whole has failed. */
  end(): void
  /** To be called at the end: forgets timer and listener. */
  close(): void
}

/** A call's failure before it is shown. */
export interface CallFailure {
  readonly ok: false
  readonly code: CallFailureCode
  readonly message: string
  /** Paths that exist, best first. */
  readonly suggestions?: readonly string[]
}

/** Opens a scope that lasts `timeoutMs` at most. */
export function openScope(outer: AbortSignal, timeoutMs: number): Scope {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  let failure: CallFailure | undefined
  const end = (code: CallFailureCode, message: string): void => {
    failure ??= { ok: false, code, message }
    controller.abort()
  }
  const onAbort = (): void => end('aborted', 'The call was aborted before it had finished.')
  const timer = setTimeout(() => {
    end('timed-out', `The call took longer than ${timeoutMs} ms. Narrow it by globs or a simpler pattern.`)
  }, timeoutMs)
  if (outer.aborted) onAbort()
  else outer.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    failure: () => failure,
    end: onAbort,
    close() {
      clearTimeout(timer)
      outer.removeEventListener('abort', onAbort)
    },
  }
}

/** The failure as an observation; a model reads the message alone. */
export function toFailedObservation(tool: ToolName, failure: CallFailure): FailedObservation {
  const { code, message, suggestions = [] } = failure
  return withSuggestions({ ok: false, tool, code, message, bytes: Buffer.byteLength(message) + 1 }, suggestions)
}

/** Runs `work` over the items, at most `width` at once; results in the order of the items. */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) results[index] = await work(items[index] as Item)
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker))
  return results
}
