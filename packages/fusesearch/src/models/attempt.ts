import type { IncomingMessage } from 'node:http'
import type { ChatRequest } from './chat.ts'
import type { Draft } from './draft.ts'
import { badReply, broken, type Failure } from './failure.ts'
import { MAX_ERROR_BYTES, MAX_REPLY_BYTES } from './limits.ts'
import { type Poster, StaleConnection } from './post.ts'
import { readReply } from './read-reply.ts'
import { failureOfRedirect, failureOfStatus } from './refusals.ts'
import { parseRetryAfter } from './retry.ts'
import type { JsonObject } from './shapes.ts'
import { openTimes, type Times } from './times.ts'
import type { Wire } from './wires/wire.ts'

/** What one attempt needs besides its body. */
export interface AttemptOptions {
  readonly wire: Wire
  readonly poster: Poster
  readonly headers: Readonly<Record<string, string>>
  readonly key: string | undefined
  readonly timeoutMs: number
  readonly totalTimeoutMs: number
}

export type Attempted = { readonly ok: true; readonly draft: Draft } | { readonly ok: false; readonly failure: Failure }

/** Sends one request and reads what comes back. Rejects only with the reason of an aborted `signal`. */
export async function attempt(
  body: JsonObject,
  options: AttemptOptions,
  { request, signal }: { readonly request: ChatRequest; readonly signal: AbortSignal },
): Promise<Attempted> {
  const times = openTimes(options, signal)
  const hasTools = request.tools.length > 0
  let response: IncomingMessage | undefined
  try {
    response = await send(body, options, times.signal)
    times.touch()
    if (statusOf(response) >= 300) return failed(await refusalOf(response, times, hasTools))
    return await readReply(chunksOf(response, times, MAX_REPLY_BYTES), options.wire.read(), hasTools)
  } catch (error) {
    signal.throwIfAborted()
    return failed(times.silence() ?? failureOf(error))
  } finally {
    times.close()
    // One that was read to its end has given its connection back; of any other the rest must not keep it.
    if (response?.readableEnded === false) response.destroy()
  }
}

function failed(failure: Failure): Attempted {
  return { ok: false, failure }
}

async function send(body: JsonObject, options: AttemptOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const { key, poster, wire } = options
  const headers = {
    accept: body.stream === true ? 'text/event-stream' : 'application/json',
    'user-agent': 'fusesearch',
    ...options.headers,
    ...wire.headers(key),
    'content-type': 'application/json',
  }
  const text = JSON.stringify(body, (_, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value))
  for (;;) {
    try {
      return await poster.post({ headers, body: text, signal })
    } catch (error) {
      // There are only so many old connections: the next one is new at the latest after them.
      if (!(error instanceof StaleConnection)) throw error
    }
  }
}

function statusOf({ statusCode = 0 }: IncomingMessage): number {
  return statusCode
}

/** Half of a surrogate pair, as a cut text may end in, fails the whole request at endpoints that check UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD')
}

async function refusalOf(response: IncomingMessage, times: Times, hasTools: boolean): Promise<Failure> {
  const { headers } = response
  const status = statusOf(response)
  if (status < 400) return failureOfRedirect(status, headers.location)
  const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now())
  return failureOfStatus({ status, retryAfterMs, hasTools, body: await startOf(response, times) })
}

/** The beginning of a refusal's body; one that breaks off or doesn't end says at least as much as came. */
async function startOf(response: IncomingMessage, times: Times): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of chunksOf(response, times, MAX_ERROR_BYTES))
      text += decoder.decode(chunk, { stream: true })
  } catch (error) {
    if (times.signal.aborted && times.silence() === undefined) throw error
  }
  return text
}

class TooLarge extends Error {}

async function* chunksOf(response: IncomingMessage, times: Times, maxBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    times.touch()
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new TooLarge()
    yield chunk
  }
}

/** Failures of a connection that no second attempt mends. */
const LASTING = /^(?:ENOTFOUND|EPROTO|ERR_TLS\w*|ERR_SSL\w*|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+|ERR_INVALID_URL)$/

function failureOf(error: unknown): Failure {
  if (error instanceof TooLarge) return badReply(`answered more than ${MAX_REPLY_BYTES / 2 ** 20} MB`, { again: 'no' })
  if (error instanceof RangeError) return badReply(`answered something endless: ${error.message}`, { again: 'no' })
  const code = codeOf(error)
  const failure = broken(code === undefined ? 'broke the connection' : `could not be reached or broke off: ${code}`)
  return code !== undefined && LASTING.test(code) ? { ...failure, again: 'no' } : failure
}

/** The system's name of a failure; its text is not shown. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
