import { badReply, broken, type Failure, type RefusalKind } from './failure.ts'
import { MAX_ERROR_BYTES, MAX_RETRY_AFTER_MS } from './limits.ts'
import { isObject, parseJson } from './shapes.ts'
import { type Parameter, readError, type WireError } from './wires/wire.ts'

/** Statuses that mean: try again later. */
const BUSY = new Set([408, 409, 425, 429])
const NOT_IMPLEMENTED = 501

const BUSY_WORDS = /overload|rate.?limit|too.?many|unavailable|server.?error|internal|timeout|capacity|try again/i
const QUOTA_WORDS = /insufficient_quota|billing|credit balance/i
const CONTEXT_WORDS =
  /context.?(?:length|window|size|limit)|prompt is too long|too many tokens|maximum.{0,20}tokens|input is too long|exceeds the available/i
const TOOL_WORDS = /\btools?\b|tool[_ -]?(?:call|choice|use)|function.?call/i

/** An HTTP response with an error status. */
export interface HttpRefusal {
  readonly status: number
  readonly body: string
  readonly retryAfterMs: number | undefined
  readonly hasTools: boolean
}

/** The failure for an error status. */
export function failureOfStatus({ body, hasTools, retryAfterMs, status }: HttpRefusal): Failure {
  const error = errorIn(body)
  const fact = `answered ${status}`
  const said = error.message
  const isBusy = (BUSY.has(status) || status >= 500) && status !== NOT_IMPLEMENTED
  if (!isBusy || QUOTA_WORDS.test(`${error.kind} ${said}`)) return refused(fact, { error, status, hasTools })
  if (retryAfterMs === undefined) return { ...broken(fact), said }
  if (retryAfterMs <= MAX_RETRY_AFTER_MS) return { ...broken(fact), said, retryAfterMs }
  const wait = `asks for a wait of ${Math.ceil(retryAfterMs / 1_000)} s, more than ${MAX_RETRY_AFTER_MS / 1_000} s`
  const step = 'Try again after it, or ask another endpoint.'
  return { ...broken(`${fact} and ${wait}`), said, step, again: 'no' }
}

/** The failure for an error that came instead of a reply, with a success status. */
export function failureOfError(error: WireError, hasTools: boolean): Failure {
  const fact = 'sent an error in the place of a reply'
  const status = Number(/\b[45]\d\d\b/.exec(error.kind)?.[0] ?? Number.NaN)
  const words = `${error.kind} ${error.message}`
  const isBusy = Number.isNaN(status) ? BUSY_WORDS.test(words) : BUSY.has(status) || status >= 500
  if (isBusy && !QUOTA_WORDS.test(words)) return { ...broken(fact), said: error.message }
  return refused(fact, { error, status, hasTools })
}

/** The failure for a redirect. Redirects are never followed, since they would send the key and the chat elsewhere. */
export function failureOfRedirect(status: number, location: string | undefined): Failure {
  const target = location !== undefined && URL.canParse(location) ? new URL(location) : undefined
  const where = target === undefined ? '' : ` to ${target.origin}`
  const step = 'Redirects are not followed: give the address that it leads to as --base-url, if you trust it.'
  return { code: 'model-refused', fact: `answered ${status}, a redirect${where}`, step, again: 'no', kind: 'other' }
}

/** Which of the sent parameters a refusal is about, or undefined. */
export function refusedParameter(failure: Failure, sent: readonly Parameter[]): Parameter | undefined {
  const { refusal } = failure
  if (refusal === undefined || failure.kind === 'context') return undefined
  const { parameter, text } = refusal
  return (
    sent.find((name) => parameter === name || parameter.endsWith(`.${name}`)) ??
    sent.find((name) => new RegExp(`(?<![\\w])${name.replaceAll('_', '[_ ]')}(?![\\w])`, 'i').test(text))
  )
}

export function notAReply(text: string): Failure {
  if (text.trim() === '') return badReply('answered with nothing')
  // Only as much as is shown: the whole text may be large.
  return badReply('answered what is no reply', { said: text.slice(0, MAX_ERROR_BYTES) })
}

function errorIn(body: string): WireError {
  const value = parseJson(body)
  if (!isObject(value)) return { message: body, kind: '', parameter: '' }
  if (isObject(value.error)) return readError(value.error)
  if (typeof value.error === 'string') return { message: value.error, kind: '', parameter: '' }
  // FastAPI's form: `detail` is a text or a list of validation errors.
  if (value.detail === undefined) return readError(value)
  const detail = typeof value.detail === 'string' ? value.detail : JSON.stringify(value.detail)
  return { message: detail, kind: '', parameter: '' }
}

interface Refused {
  readonly error: WireError
  readonly status: number
  readonly hasTools: boolean
}

function refused(fact: string, about: Refused): Failure {
  const kind = kindOf(about)
  const { error, status } = about
  const isOfBody = status === 400 || status === 422 || Number.isNaN(status)
  return {
    code: 'model-refused',
    fact,
    said: error.message,
    step: STEPS[kind],
    again: 'no',
    kind,
    ...(isOfBody ? { refusal: { parameter: error.parameter, text: error.message } } : {}),
  }
}

const STEPS: Readonly<Record<RefusalKind, string>> = {
  context: 'Ask for less: fewer turns, a smaller budget, or a model with a longer context.',
  key: 'Check the key: FUSESEARCH_API_KEY, or the variable of the vendor whose host is asked.',
  model: 'Check the name of the model and the base URL; `fusesearch models check` tries them.',
  tools: 'Use a model that takes tools, or the text form of tool calls.',
  other: '`fusesearch models check` tries what the endpoint takes.',
}

function kindOf({ error, hasTools, status }: Refused): RefusalKind {
  const text = `${error.kind} ${error.message}`
  if (status === 401 || status === 403 || /invalid_api_key|authentication_error/.test(text)) return 'key'
  if (status === 413 || CONTEXT_WORDS.test(text)) return 'context'
  if (status === 404 && hasTools && /tool use/i.test(text)) return 'tools'
  if (status === 404 || /model_not_found|not_found_error/.test(text)) return 'model'
  return hasTools && TOOL_WORDS.test(text) ? 'tools' : 'other'
}
