import type { Exchange, Play, Plays, Refusal } from '../exchange.ts'

const BUSY = { message: 'Rate limit reached, try again later', type: 'rate_limit_error' }
const BROKEN = { message: 'The server had an error', type: 'server_error' }

/** Answers with a status that is no success. */
export const REFUSALS = {
  'rate-limited-once': once(429, { ...BUSY, headers: { 'retry-after': '0' } }),
  'rate-limited-forever': (exchange) => exchange.refuse(429, BUSY),
  'rate-limited-for-an-hour': (exchange) => exchange.refuse(429, { ...BUSY, headers: { 'retry-after': '3600' } }),
  'quota-exhausted': (exchange) =>
    exchange.refuse(429, {
      message: 'You exceeded your current quota, check your billing',
      code: 'insufficient_quota',
    }),
  'server-error-once': once(500, BROKEN),
  'overloaded-once': once(529, { message: 'Overloaded', type: 'overloaded_error' }),
  'request-timed-out-once': once(408, { message: 'Request timed out', type: 'timeout_error' }),
  'unavailable-forever': (exchange) => exchange.refuse(503, { message: 'The model is loading', type: 'unavailable' }),
  'gateway-page': ({ response }) => {
    response.writeHead(502, { 'content-type': 'text/html' })
    response.end('<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>')
  },
  'key-refused-and-echoed': (exchange) => {
    const { 'x-api-key': key, authorization } = exchange.request.headers
    const sent = [authorization, key].filter((header) => header !== undefined).join(' ')
    exchange.refuse(401, { message: `Wrong key: ${sent}`, type: 'authentication_error', code: 'invalid_api_key' })
  },
  'model-unknown': (exchange) =>
    exchange.refuse(404, { message: `The model ${exchange.request.model} does not exist`, type: 'not_found_error' }),
  'context-too-long': (exchange) =>
    exchange.refuse(400, {
      message: "prompt is too long: this model's maximum context length is 8192 tokens, 'max_tokens' is 4096",
      code: 'context_length_exceeded',
    }),
  'tools-refused': refuseIf(['tools'], (exchange) => `${exchange.request.model} does not support tools`),
  forbidden: ({ response }) => void response.writeHead(403).end(),
  'redirect-to-other-host': ({ response }) =>
    void response.writeHead(307, { location: 'http://localhost:9/elsewhere' }).end(),
} satisfies Plays

/** Answers 400 for as long as a parameter is there that it doesn't know. */
export const PARAMETERS = {
  'parallel-calls-refused': refuseIf(['parallel_tool_calls'], (_, field) => `Unknown parameter: '${field}'`),
  'single-calls-refused': refuseIf(
    ['disable_parallel_tool_use'],
    (_, field) => `${field}: Extra inputs are not permitted`,
  ),
  'seed-refused': refuseIf(['seed'], (_, field) => `Unrecognized request argument supplied: ${field}`),
  'stream-options-refused': refuseIf(['stream_options'], (_, field) => `body.${field}: Extra inputs are not permitted`),
  'temperature-refused': refuseIf(
    ['temperature'],
    (_, field) => `Unsupported value: '${field}' does not support 0.2 with this model`,
  ),
  'tool-choice-refused': refuseIf(['tool_choice'], () => '"auto" tool choice is not supported'),
  'token-limit-renamed': refuseIf(
    ['max_tokens'],
    () => "'max_tokens' is not supported, use 'max_completion_tokens' instead.",
  ),
  'cache-control-refused': refuseIf(
    ['cache_control'],
    (_, field) => `system.0.${field}: Extra inputs are not permitted`,
  ),
  'every-parameter-refused': refuseIf(
    ['parallel_tool_calls', 'seed', 'stream_options', 'temperature', 'tool_choice', 'cache_control'],
    (_, field) => `Unknown parameter: ${field}`,
  ),
} satisfies Plays

/** A misbehaviour of the first request only. */
function once(status: number, refusal: Refusal): Play {
  return (exchange) => (exchange.count === 1 ? exchange.refuse(status, refusal) : exchange.send(exchange.reply))
}

/** Refuses as long as one of the fields is in the body. */
function refuseIf(fields: readonly string[], message: (exchange: Exchange, field: string) => string) {
  return (exchange: Exchange): void => {
    const body = JSON.stringify(exchange.request.body)
    const field = fields.find((name) => body.includes(`"${name}":`))
    if (field === undefined) exchange.send(exchange.reply)
    else exchange.refuse(400, { message: message(exchange, field), parameter: field })
  }
}
