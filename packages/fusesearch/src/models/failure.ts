import { FuseSearchError, trimEndOf } from '../core/index.ts'
import { MAX_ERROR_SHOWN } from './limits.ts'

/** What a refusal is about, for callers that can do something about it. */
export type RefusalKind = 'context' | 'key' | 'model' | 'tools' | 'other'

/** An attempt that brought no reply. */
export interface Failure {
  readonly code: 'model-refused' | 'model-reply-bad' | 'model-unreachable'
  /** What the endpoint did, as a clause without a subject: `answered 503`. */
  readonly fact: string
  /** What the endpoint said to it: anything, of any length. Shown after the fact, without secrets, and cut. */
  readonly said?: string
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

/** The fact of a failure and what was said to it. Secrets go before the cut, so that no half of one is left. */
export function factOf({ fact, said = '' }: Failure, redact: (text: string) => string): string {
  const line = oneLine(redact(said))
  const shown = line.length > MAX_ERROR_SHOWN ? `${line.slice(0, MAX_ERROR_SHOWN)}…` : line
  return shown === '' ? fact : `${fact}: ${shown}`
}

/** The error of a failure. `subject` names model and endpoint; no cause is kept, for it might hold the key. */
export function toError(failure: Failure, subject: string, redact: (text: string) => string): FuseSearchError {
  const { code, kind, step } = failure
  const error = new FuseSearchError(redact(`${subject} ${factOf(failure, redact)}. ${step}`), { code })
  if (kind !== undefined) kinds.set(error, kind)
  return error
}

/** Text of an endpoint on one line, without the tags of pages and without control characters. */
function oneLine(text: string): string {
  const line = text
    .replace(/<[^>]{0,200}>/g, ' ')
    // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
    .replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ')
    .trim()
  return trimEndOf(line, '.…')
}

/** What a `model-refused` error is about: `tools` calls for the text form of tool calls, `context` for a shorter chat. */
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
