import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { FuseSearchError } from '../core/index.ts'
import type { ZoektAddress } from './address.ts'

/** Maximum bytes of one answer; zoekt's JSON of a matching line has about 350 bytes besides its text. */
const MAX_ANSWER_BYTES = 256_000_000
/** Maximum bytes of a refusal. */
const MAX_REFUSAL_BYTES = 10_000
/** Maximum time of one request; the calls of a turn have less. */
const MAX_MS = 60_000

/** zoekt refused the query itself, for example a pattern that its syntax doesn't support. */
export class RefusedQuery extends FuseSearchError {
  /** zoekt's own message. */
  readonly reason: string
  constructor(shown: string, reason: string) {
    super(`zoekt at ${shown} refuses a query: ${reason}. Check its version.`, { code: 'backend-failed' })
    this.reason = reason
  }
}

/** The answer is longer than the limit. */
export class LongAnswer extends FuseSearchError {
  /** A number and what is counted. */
  readonly limit: string
  constructor(shown: string, limit = `${MAX_ANSWER_BYTES} bytes`) {
    const message = `zoekt at ${shown} answered with more than ${limit}. Check the address, or select fewer repositories with --repo-filter or a folder with --path.`
    super(message, { code: 'backend-failed' })
    this.limit = limit
  }
}

/** Sends requests to one zoekt-webserver, over its own connections. */
export interface ZoektClient {
  /**
   * Posts to `api/search` or `api/list` and returns the parsed answer. Rejects with the signal's reason, RefusedQuery,
   * LongAnswer, or FuseSearchError `backend-failed`. Doesn't follow redirects.
   */
  ask(what: 'list' | 'search', body: object, signal: AbortSignal): Promise<unknown>
  close(): void
}

/** No connection is made yet. */
export function createClient(address: ZoektAddress): ZoektClient {
  let agent: Agent | undefined
  return {
    close: () => agent?.destroy(),
    async ask(what, body, signal) {
      signal.throwIfAborted()
      // Loaded with the first request: a process that only names an address doesn't need it.
      const http = await (address.url.protocol === 'https:' ? import('node:https') : import('node:http'))
      agent ??= new http.Agent({ keepAlive: true })
      const late = AbortSignal.timeout(MAX_MS)
      const ended = AbortSignal.any([signal, late])
      try {
        const text = await post(http.request, { address, agent, what, body: JSON.stringify(body), signal: ended })
        return JSON.parse(text)
      } catch (error) {
        signal.throwIfAborted()
        throw failureOf(error, address, late.aborted)
      }
    },
  }
}

interface Posting {
  readonly address: ZoektAddress
  readonly agent: Agent
  readonly what: string
  readonly body: string
  readonly signal: AbortSignal
}

type Request = (url: URL, options: object, onResponse: (response: IncomingMessage) => void) => ClientRequest

function post(request: Request, posting: Posting): Promise<string> {
  const { address, agent, what, body, signal } = posting
  const { authorization, url } = address
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'fusesearch',
    ...(authorization === undefined ? {} : { authorization }),
  }
  return new Promise((resolve, reject) => {
    let isAnswered = false
    const sent = request(new URL(`api/${what}`, url), { method: 'POST', agent, headers, signal }, (response) => {
      isAnswered = true
      readAnswer(response, address.shown).then(resolve, (error: unknown) => {
        reject(error)
        response.destroy()
      })
    })
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // The server closed an idle connection while it was taken again: a question changes nothing, so it is asked once more.
      const wasClosed = sent.reusedSocket && !isAnswered && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      if (wasClosed) post(request, posting).then(resolve, reject)
      else reject(error)
    })
    sent.end(body)
  })
}

async function readAnswer(response: IncomingMessage, shown: string): Promise<string> {
  const { statusCode = 0 } = response
  const isRefused = statusCode !== 200
  const text = await readText(response, isRefused ? MAX_REFUSAL_BYTES : MAX_ANSWER_BYTES)
  if (text === undefined) throw new LongAnswer(shown)
  if (!isRefused) return text
  if (statusCode >= 300 && statusCode < 400) throw new Refused("answered with a redirect, which isn't followed")
  if (statusCode === 400) throw new RefusedQuery(shown, errorIn(text))
  if (statusCode === 401 || statusCode === 403) throw new Refused(`refused the key, with status ${statusCode}`)
  if (statusCode === 404) throw new Refused('has no JSON interface there. Start zoekt-webserver with -rpc')
  throw new Refused(`answered with status ${statusCode}`)
}

/** A refusal with our message: a predicate whose subject is the server. */
class Refused extends Error {}

/** The text; of a refusal only its beginning; undefined if it is too long. */
async function readText(response: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      if (response.statusCode === 200) return undefined
      break
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** zoekt's message about a query. */
function errorIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    const said = typeof value === 'object' && value !== null && 'Error' in value ? value.Error : undefined
    return typeof said === 'string' ? said.slice(0, MAX_SAID) : 'no reason given'
  } catch {
    return 'no reason given'
  }
}

const MAX_SAID = 300

function failureOf(error: unknown, { shown }: ZoektAddress, isLate: boolean): Error {
  if (error instanceof RefusedQuery || error instanceof LongAnswer) return error
  return new FuseSearchError(`zoekt at ${shown} ${factOf(error, isLate)}.`, { code: 'backend-failed' })
}

function factOf(error: unknown, isLate: boolean): string {
  if (isLate) return `gave no answer within ${MAX_MS / 1_000} s`
  if (error instanceof Refused) return error.message
  if (error instanceof SyntaxError) return "didn't answer with JSON. Check the address"
  // Only the system's error code, because its text may contain anything.
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : ''
  return `can't be reached, or closed the connection${code}. Check that zoekt-webserver runs there`
}
