import { FuseSearchError } from '../core/index.ts'

/** What a refusal is about, for callers that can do something about it. */
export type RefusalKind = 'context' | 'key' | 'model' | 'tools' | 'other'

/** An attempt that brought no reply. */
export interface Failure {
  readonly code: 'model-refused' | 'model-reply-bad' | 'model-unreachable'
  /** What the endpoint did, as a clause without a subject: `answered 503: busy`. */
  readonly fact: string
  /** The next step for people, as a sentence. */
  readonly step: string
  /** Whether asking again may help; `once`: it may, but don't insist. */
  readonly again: 'yes' | 'once' | 'no'
  readonly retryAfterMs?: number
  readonly kind?: RefusalKind
  /** What a refused request was refused for, to find the parameter that the endpoint doesn't take. */
  readonly refusal?: { readonly parameter: string; readonly text: string }
}

const kinds = new WeakMap<FuseSearchError, RefusalKind>()

/** The error of a failure. `subject` names model and endpoint; no cause is kept, for it might hold the key. */
export function toError(failure: Failure, subject: string, redact: (text: string) => string): FuseSearchError {
  const { code, fact, kind, step } = failure
  const error = new FuseSearchError(redact(`${subject} ${fact}. ${step}`), { code })
  if (kind !== undefined) kinds.set(error, kind)
  return error
}

/** What a `model-refused` error is about: `tools` calls for the text form of tool calls, `context` for a shorter chat. */
export function refusalKind(error: unknown): RefusalKind | undefined {
  return error instanceof FuseSearchError ? kinds.get(error) : undefined
}

export function broken(fact: string): Failure {
  const step = 'Check that the endpoint runs and can be reached, then try again.'
  return { code: 'model-unreachable', fact, step, again: 'yes' }
}

export function badReply(fact: string, again: 'once' | 'no' = 'once'): Failure {
  const step = 'Check that the base URL is that of a chat endpoint: `fusesearch models check` tries it.'
  return { code: 'model-reply-bad', fact, step, again }
}
