import type { Exchange, Refusal } from '../exchange.ts'
import { BOTH, type Misbehaviour } from '../misbehaviour.ts'

const BUSY = { message: 'Rate limit reached, try again later', type: 'rate_limit_error' }
const BROKEN = { message: 'The server had an error', type: 'server_error' }

/** Answers with a status that is no success. */
export const REFUSALS: readonly Misbehaviour[] = [
  {
    name: 'rate-limited-once',
    description: 'answers 429 with Retry-After once, then well',
    wires: BOTH,
    play: once(429, { ...BUSY, headers: { 'retry-after': '0' } }),
  },
  {
    name: 'rate-limited-forever',
    description: 'answers 429 to everything',
    wires: BOTH,
    play: (exchange) => exchange.refuse(429, BUSY),
  },
  {
    name: 'rate-limited-for-an-hour',
    description: 'answers 429 and asks for a wait of an hour',
    wires: BOTH,
    play: (exchange) => exchange.refuse(429, { ...BUSY, headers: { 'retry-after': '3600' } }),
  },
  {
    name: 'quota-exhausted',
    description: 'answers 429 for a quota that no waiting brings back',
    wires: BOTH,
    play: (exchange) =>
      exchange.refuse(429, {
        message: 'You exceeded your current quota, check your billing',
        code: 'insufficient_quota',
      }),
  },
  {
    name: 'server-error-once',
    description: 'answers 500 once, then well',
    wires: BOTH,
    play: once(500, BROKEN),
  },
  {
    name: 'overloaded-once',
    description: 'answers 529 once, then well',
    wires: BOTH,
    play: once(529, { message: 'Overloaded', type: 'overloaded_error' }),
  },
  {
    name: 'request-timed-out-once',
    description: 'answers 408 once, then well',
    wires: BOTH,
    play: once(408, { message: 'Request timed out', type: 'timeout_error' }),
  },
  {
    name: 'unavailable-forever',
    description: 'answers 503 to everything',
    wires: BOTH,
    play: (exchange) => exchange.refuse(503, { message: 'The model is loading', type: 'unavailable' }),
  },
  {
    name: 'gateway-page',
    description: 'answers 502 with the HTML page of a proxy',
    wires: BOTH,
    play: ({ response }) => {
      response.writeHead(502, { 'content-type': 'text/html' })
      response.end('<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>')
    },
  },
  {
    name: 'key-refused-and-echoed',
    description: 'answers 401 and repeats the key that it was sent',
    wires: BOTH,
    play: (exchange) => {
      const { 'x-api-key': key, authorization } = exchange.request.headers
      const sent = [authorization, key].filter((header) => header !== undefined).join(' ')
      exchange.refuse(401, { message: `Wrong key: ${sent}`, type: 'authentication_error', code: 'invalid_api_key' })
    },
  },
  {
    name: 'model-unknown',
    description: 'answers 404 for the name of the model',
    wires: BOTH,
    play: (exchange) =>
      exchange.refuse(404, { message: `The model ${exchange.request.model} does not exist`, type: 'not_found_error' }),
  },
  {
    name: 'context-too-long',
    description: 'answers 400: the chat is longer than the context',
    wires: BOTH,
    play: (exchange) =>
      exchange.refuse(400, {
        message: "prompt is too long: this model's maximum context length is 8192 tokens, 'max_tokens' is 4096",
        code: 'context_length_exceeded',
      }),
  },
  {
    name: 'tools-refused',
    description: 'answers 400 to every request with tools',
    wires: BOTH,
    play: refuseIf(['tools'], (exchange) => `${exchange.request.model} does not support tools`),
  },
  {
    name: 'forbidden',
    description: 'answers 403 without a body',
    wires: BOTH,
    play: ({ response }) => void response.writeHead(403).end(),
  },
  {
    name: 'redirect-to-other-host',
    description: 'answers 307 and points to another host',
    wires: BOTH,
    play: ({ response }) => void response.writeHead(307, { location: 'http://localhost:9/elsewhere' }).end(),
  },
]

/** A misbehaviour of the first request only. */
export function once(status: number, refusal: Refusal): Misbehaviour['play'] {
  return (exchange) => (exchange.count === 1 ? exchange.refuse(status, refusal) : exchange.send(exchange.reply))
}

/** Refuses as long as one of the fields is in the body. */
export function refuseIf(fields: readonly string[], message: (exchange: Exchange, field: string) => string) {
  return (exchange: Exchange): void => {
    const body = JSON.stringify(exchange.request.body)
    const field = fields.find((name) => body.includes(`"${name}":`))
    if (field === undefined) exchange.send(exchange.reply)
    else exchange.refuse(400, { message: message(exchange, field), parameter: field })
  }
}
