import type { Agent, IncomingMessage } from 'node:http'
import { joinSignals } from '../core/index.ts'
import type { ChatRequest } from './chat.ts'
import { badReply, broken, type Failure } from './failure.ts'
import { MAX_ERROR_BYTES, MAX_REPLY_BYTES } from './limits.ts'
import { type Attempted, readBody } from './read-body.ts'
import { failureOfRedirect, failureOfStatus } from './refusals.ts'
import type { JsonObject } from './shapes.ts'
import type { Wire } from './wires/wire.ts'

/** What one attempt needs besides its body. */
export interface AttemptOptions {
  readonly wire: Wire
  readonly poster: Poster
  readonly headers: Readonly<Record<string, string>>
  readonly key: string | undefined
  /** Longest silence, and longest time for the whole attempt, in milliseconds. */
  readonly timeoutMs: number
  readonly totalTimeoutMs: number
}

/** Sends one request and reads the response. Rejects only if `signal` aborts, with its reason. */
export async function attempt(
  body: JsonObject,
  options: AttemptOptions,
  { request, signal }: { readonly request: ChatRequest; readonly signal: AbortSignal },
): Promise<Attempted> {
  const clocks = startClocks(options, signal)
  const hasTools = request.tools.length > 0
  let response: IncomingMessage | undefined
  try {
    response = await send(body, options, clocks.signal)
    clocks.touch()
    if (statusOf(response) >= 300) return failed(await refusalOf(response, clocks, hasTools))
    return await readBody(chunksOf(response, clocks, MAX_REPLY_BYTES), options.wire.read(), hasTools)
  } catch (error) {
    signal.throwIfAborted()
    return failed(clocks.expired() ?? failureOf(error))
  } finally {
    clocks.stop()
    // A response that was read to its end has returned its connection; otherwise end the response and its connection.
    if (response?.readableEnded === false) response.destroy()
  }
}

function failed(failure: Failure): Attempted {
  return { ok: false, failure }
}

function send(body: JsonObject, { headers, key, poster, wire }: AttemptOptions, signal: AbortSignal) {
  const text = JSON.stringify(body, (_, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value))
  const all = {
    accept: body.stream === true ? 'text/event-stream' : 'application/json',
    'user-agent': 'fusesearch',
    ...headers,
    ...wire.headers(key),
    'content-type': 'application/json',
  }
  return poster.post({ headers: all, body: text, signal })
}

/** A cut text can end in half a surrogate pair, and endpoints that check UTF-8 refuse such a request. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD')
}

function statusOf({ statusCode = 0 }: IncomingMessage): number {
  return statusCode
}

async function refusalOf(response: IncomingMessage, clocks: Clocks, hasTools: boolean): Promise<Failure> {
  const { headers } = response
  const status = statusOf(response)
  if (status < 400) return failureOfRedirect(status, headers.location)
  const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now())
  return failureOfStatus({ status, retryAfterMs, hasTools, body: await startOf(response, clocks) })
}

/** The wait of a Retry-After header (seconds or a date, RFC 9110 section 10.2.3) in milliseconds, or undefined. */
function parseRetryAfter(header: string | undefined, dateMs: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1_000 : undefined
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - dateMs)
}

/** The start of a refusal's body, or as much as arrived before the connection broke. */
async function startOf(response: IncomingMessage, clocks: Clocks): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of chunksOf(response, clocks, MAX_ERROR_BYTES))
      text += decoder.decode(chunk, { stream: true })
  } catch (error) {
    if (clocks.signal.aborted && clocks.expired() === undefined) throw error
  }
  return text
}

class TooLarge extends Error {}

async function* chunksOf(response: IncomingMessage, clocks: Clocks, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    clocks.touch()
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new TooLarge()
    yield chunk
  }
}

/** Connection failures that another attempt wouldn't fix. */
const LASTING = /^(?:ENOTFOUND|EPROTO|ERR_TLS\w*|ERR_SSL\w*|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+|ERR_INVALID_URL)$/

function failureOf(error: unknown): Failure {
  if (error instanceof TooLarge) return badReply(`answered more than ${MAX_REPLY_BYTES / 2 ** 20} MB`, { again: 'no' })
  if (error instanceof RangeError) return badReply(`answered something endless: ${error.message}`, { again: 'no' })
  // Use only the system's error code: the message can contain anything.
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const failure = broken(code === undefined ? 'broke the connection' : `could not be reached or broke off: ${code}`)
  return code !== undefined && LASTING.test(code) ? { ...failure, again: 'no' } : failure
}

/** The two timers of an attempt: for silence, and for its whole time. */
interface Clocks {
  /** Aborts with the caller's signal, or when a timer runs out. */
  readonly signal: AbortSignal
  /** Restarts the silence timer, because data arrived. */
  touch(): void
  /** The failure for the timer that ran out. */
  expired(): Failure | undefined
  stop(): void
}

function startClocks(limits: Pick<AttemptOptions, 'timeoutMs' | 'totalTimeoutMs'>, caller: AbortSignal): Clocks {
  const { timeoutMs, totalTimeoutMs } = limits
  const joined = joinSignals([caller])
  let failure: Failure | undefined
  const expire = (fact: string): void => {
    failure = broken(fact)
    joined.abort()
  }
  const silence = setTimeout(() => expire(`was silent for ${inSeconds(timeoutMs)}`), timeoutMs)
  const total = setTimeout(() => expire(`took longer than ${inSeconds(totalTimeoutMs)}`), totalTimeoutMs)
  return {
    signal: joined.signal,
    touch: () => void silence.refresh(),
    expired: () => failure,
    stop: () => {
      clearTimeout(silence)
      clearTimeout(total)
      joined.close()
    },
  }
}

function inSeconds(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${Math.round(ms / 100) / 10} s`
}

interface Posting {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

/** Posts to one address over its own connections, which it reuses and closes. */
export interface Poster {
  /** Resolves to the response once its headers arrive, whatever its status. Rejects without a response, or on abort. */
  post(posting: Posting): Promise<IncomingMessage>
  close(): void
}

/** The endpoint had already closed the reused connection, so the request was not sent. */
class StaleConnection extends Error {}

/**
 * Uses `http` and `https` instead of `fetch`, which leaves an idle connection after each aborted request, gives up
 * after five minutes of silence, and can't close its connections.
 */
export function createPoster(url: URL): Poster {
  let agent: Agent | undefined
  return {
    close: () => agent?.destroy(),
    post: async (posting) => {
      // Loaded with the first request, since a process that only names a model doesn't need it.
      const http = await (url.protocol === 'https:' ? import('node:https') : import('node:http'))
      for (;;) {
        posting.signal.throwIfAborted()
        agent ??= new http.Agent({ keepAlive: true })
        try {
          return await begin(http.request, { url, agent, posting })
        } catch (error) {
          // Each try uses up one idle connection; when none is left, the next try opens a new one.
          if (!(error instanceof StaleConnection)) throw error
        }
      }
    },
  }
}

type Request = typeof import('node:http').request

function begin(
  request: Request,
  { agent, posting, url }: { readonly url: URL; readonly agent: Agent; readonly posting: Posting },
): Promise<IncomingMessage> {
  const { body, headers, signal } = posting
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const outgoing = request(url, { method: 'POST', agent, signal, headers: { ...headers, ...length } })
    outgoing.on('response', resolve)
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(isStale && !signal.aborted ? new StaleConnection() : error)
    })
    outgoing.end(body)
  })
}
