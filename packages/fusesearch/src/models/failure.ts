import { FuseSearchError, trimEndOf } from '../core/index.ts'
import { MAX_ERROR_SHOWN } from './limits.ts'

/** What a refusal is about, for callers that can react to it. */
export type RefusalKind = 'context' | 'key' | 'model' | 'tools' | 'other'

/** A failed attempt. */
export interface Failure {
  readonly code: 'model-refused' | 'model-reply-bad' | 'model-unreachable'
  /** What the endpoint did, as a clause without a subject: `answered 503`. */
  readonly fact: string
  /** The endpoint's own message: any text of any length. It is shown after the fact, cut and without secrets. */
  readonly said?: string
  /** The next step for people, as a sentence. */
  readonly step: string
  /** Whether a retry may help; `once`: retry only once. */
  readonly again: 'yes' | 'once' | 'no'
  readonly retryAfterMs?: number
  readonly kind?: RefusalKind
  /** The refusal's details, from which to find the parameter that the endpoint doesn't accept. */
  readonly refusal?: { readonly parameter: string; readonly text: string }
}

const kinds = new WeakMap<FuseSearchError, RefusalKind>()

/** A failure's fact and the endpoint's message. Secrets are removed before the cut, so that no part of one is left. */
export function factOf({ fact, said = '' }: Failure, redact: (text: string) => string): string {
  const line = oneLine(redact(said))
  const shown = line.length > MAX_ERROR_SHOWN ? `${line.slice(0, MAX_ERROR_SHOWN)}…` : line
  return shown === '' ? fact : `${fact}: ${shown}`
}

/** The error for a failure. `subject` names model and endpoint. It has no cause, since that could contain the key. */
export function toError(failure: Failure, subject: string, redact: (text: string) => string): FuseSearchError {
  const { code, kind, step } = failure
  const error = new FuseSearchError(redact(`${subject} ${factOf(failure, redact)}. ${step}`), { code })
  if (kind !== undefined) kinds.set(error, kind)
  return error
}

/** An endpoint's text on one line, without HTML tags and control characters. */
function oneLine(text: string): string {
  const line = text
    .replace(/<[^>]{0,200}>/g, ' ')
    // oxlint-disable-next-line no-control-regex -- removing control characters is the point
    .replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
    .trim()
  return trimEndOf(line, '.…')
}

/** What a `model-refused` error is about. `tools` calls for the text form of calls, `context` for a shorter chat. */
export function refusalKind(error: unknown): RefusalKind | undefined {
  return error instanceof FuseSearchError ? kinds.get(error) : undefined
}

export function broken(fact: string): Failure {
  const step = 'Check that the endpoint runs and can be reached, then try again.'
  return { code: 'model-unreachable', fact, step, again: 'yes' }
}

interface BadReply {
  readonly again?: 'once' | 'no'
  readonly said?: string
}

export function badReply(fact: string, { again = 'once', said }: BadReply = {}): Failure {
  const step = 'Check that the base URL is that of a chat endpoint: `fusesearch models check` tries it.'
  return { code: 'model-reply-bad', fact, step, again, ...(said === undefined ? {} : { said }) }
}
