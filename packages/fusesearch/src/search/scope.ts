import { setMaxListeners } from 'node:events'
import { joinSignals } from '../core/index.ts'
import { withSuggestions } from './nearest/show.ts'
import type { CallFailureCode, FailedObservation, ToolName } from './tool.ts'

/** The time that the calls of a turn have: it ends when the caller aborts, when the workspace closes, or at the time-out. */
export interface Scope {
  readonly signal: AbortSignal
  /** Why it ended, as a call's failure; undefined before the end. */
  failure(): CallFailure | undefined
  /** Ends it at once, because the whole turn has failed. */
  end(): void
  /** Drops the timer and the listeners. To be called when the turn has ended. */
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

/** Opens a scope that ends with the first of some signals, and lasts `timeoutMs` at most. */
export function openScope(sources: readonly (AbortSignal | undefined)[], timeoutMs: number): Scope {
  const joined = joinSignals(sources)
  const { signal } = joined
  setMaxListeners(0, signal)
  let isLate = false
  const timer = setTimeout(() => {
    isLate = !signal.aborted
    joined.abort()
  }, timeoutMs)
  const late = `The call took longer than ${timeoutMs} ms. Narrow it by globs or a simpler pattern.`
  return {
    signal,
    failure() {
      if (!signal.aborted) return undefined
      return isLate ? { ok: false, code: 'timed-out', message: late } : ABORTED
    },
    end: () => joined.abort(),
    close() {
      clearTimeout(timer)
      joined.close()
    },
  }
}

const ABORTED: CallFailure = { ok: false, code: 'aborted', message: 'The call was aborted before it had finished.' }

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
