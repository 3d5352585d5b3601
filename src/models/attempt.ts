import type { ChatRequest } from './chat.ts'
import type { Draft } from './draft.ts'
import { badReply, broken, type Failure } from './failure.ts'
import { MAX_ERROR_BYTES, MAX_REPLY_BYTES } from './limits.ts'
import { readReply } from './read-reply.ts'
import { failureOfRedirect, failureOfStatus } from './refusals.ts'
import { parseRetryAfter } from './retry.ts'
import type { JsonObject } from './shapes.ts'
import type { Site } from './site.ts'
import { openTimes, type Times } from './times.ts'
import type { Wire } from './wires/wire.ts'

/** What one attempt needs besides its body. */
export interface AttemptOptions {
  readonly wire: Wire
  readonly site: Site
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
  try {
    const response = await send(body, options, times.signal)
    times.touch()
    if (response.status >= 300) return failed(await refusalOf(response, times, hasTools))
    return await readReply(chunksOf(response, times, MAX_REPLY_BYTES), options.wire.read(), hasTools)
  } catch (error) {
    signal.throwIfAborted()
    return failed(times.silence() ?? failureOf(error))
  } finally {
    // Ends what is left of the response: its socket is given back or closed.
    times.close()
  }
}

function failed(failure: Failure): Attempted {
  return { ok: false, failure }
}

function send(body: JsonObject, { headers, key, site, wire }: AttemptOptions, signal: AbortSignal): Promise<Response> {
  const accept = body.stream === true ? 'text/event-stream' : 'application/json'
  return fetch(site.url, {
    method: 'POST',
    headers: {
      accept,
      'user-agent': 'fusesearch',
      ...headers,
      ...wire.headers(key),
      'content-type': 'application/json',
    },
    body: JSON.stringify(body, (_, value: unknown) => (typeof value === 'string' ? wellFormed(value) : value)),
    redirect: 'manual',
    signal,
  })
}

/** Half of a surrogate pair, as a cut text may end in, fails the whole request at endpoints that check UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD')
}

async function refusalOf(response: Response, times: Times, hasTools: boolean): Promise<Failure> {
  const { headers, status } = response
  if (status < 400) return failureOfRedirect(status, headers.get('location'))
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now())
  return failureOfStatus({ status, retryAfterMs, hasTools, body: await startOf(response, times) })
}

/** The beginning of a refusal's body; one that breaks off says at least as much as came. */
async function startOf(response: Response, times: Times): Promise<string> {
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

async function* chunksOf(response: Response, times: Times, maxBytes: number): AsyncGenerator<Uint8Array> {
  if (response.body === null) return
  let bytes = 0
  for await (const chunk of response.body) {
    times.touch()
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new TooLarge()
    yield chunk
  }
}

/** Causes of a failed fetch that no second attempt mends. */
const LASTING = /^(?:ENOTFOUND|EPROTO|ERR_TLS\w*|ERR_SSL\w*|CERT_\w+|\w*SELF_SIGNED\w*|UNABLE_TO_\w+|ERR_INVALID_URL)$/

function failureOf(error: unknown): Failure {
  if (error instanceof TooLarge) return badReply(`answered more than ${MAX_REPLY_BYTES / 2 ** 20} MB`, 'no')
  if (error instanceof RangeError) return badReply(`answered something endless: ${error.message}`, 'no')
  const code = codeOf(error)
  const failure = broken(code === undefined ? 'broke the connection' : `could not be reached or broke off: ${code}`)
  return code !== undefined && LASTING.test(code) ? { ...failure, again: 'no' } : failure
}

/** The system's name of a failure of `fetch`, which hides it in the cause; its text is not shown. */
function codeOf(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  }
  return undefined
}
