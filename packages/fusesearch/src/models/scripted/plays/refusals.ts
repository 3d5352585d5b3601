import type { Exchange, Refusal } from '../exchange.ts'
import type { NamedPlay } from '../play.ts'

const BUSY = { message: 'Rate limit reached, try again later', type: 'rate_limit_error' }
const BROKEN = { message: 'The server had an error', type: 'server_error' }

/** Answers with a status that is no success. */
export const REFUSALS: readonly NamedPlay[] = [
  {
    name: 'rate-limited-once',
    play: once(429, { ...BUSY, headers: { 'retry-after': '0' } }),
  },
  {
    name: 'rate-limited-forever',
    play: (exchange) => exchange.refuse(429, BUSY),
  },
  {
    name: 'rate-limited-for-an-hour',
    play: (exchange) => exchange.refuse(429, { ...BUSY, headers: { 'retry-after': '3600' } }),
  },
  {
    name: 'quota-exhausted',
    play: (exchange) =>
      exchange.refuse(429, {
        message: 'You exceeded your current quota, check your billing',
        code: 'insufficient_quota',
      }),
  },
  {
    name: 'server-error-once',
    play: once(500, BROKEN),
  },
  {
    name: 'overloaded-once',
    play: once(529, { message: 'Overloaded', type: 'overloaded_error' }),
  },
  {
    name: 'request-timed-out-once',
    play: once(408, { message: 'Request timed out', type: 'timeout_error' }),
  },
  {
    name: 'unavailable-forever',
    play: (exchange) => exchange.refuse(503, { message: 'The model is loading', type: 'unavailable' }),
  },
  {
    name: 'gateway-page',
    play: ({ response }) => {
      response.writeHead(502, { 'content-type': 'text/html' })
      response.end('<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>')
    },
  },
  {
    name: 'key-refused-and-echoed',
    play: (exchange) => {
      const { 'x-api-key': key, authorization } = exchange.request.headers
      const sent = [authorization, key].filter((header) => header !== undefined).join(' ')
      exchange.refuse(401, { message: `Wrong key: ${sent}`, type: 'authentication_error', code: 'invalid_api_key' })
    },
  },
  {
    name: 'model-unknown',
    play: (exchange) =>
      exchange.refuse(404, { message: `The model ${exchange.request.model} does not exist`, type: 'not_found_error' }),
  },
  {
    name: 'context-too-long',
    play: (exchange) =>
      exchange.refuse(400, {
        message: "prompt is too long: this model's maximum context length is 8192 tokens, 'max_tokens' is 4096",
        code: 'context_length_exceeded',
      }),
  },
  {
    name: 'tools-refused',
    play: refuseIf(['tools'], (exchange) => `${exchange.request.model} does not support tools`),
  },
  {
    name: 'forbidden',
    play: ({ response }) => void response.writeHead(403).end(),
  },
  {
    name: 'redirect-to-other-host',
    play: ({ response }) => void response.writeHead(307, { location: 'http://localhost:9/elsewhere' }).end(),
  },
]

/** A misbehaviour of the first request only. */
export function once(status: number, refusal: Refusal): NamedPlay['play'] {
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
