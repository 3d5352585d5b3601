import { MAX_REPLY_BYTES } from '../../../../packages/fusesearch/src/models/limits.ts'
import { objectOf } from '../../../../packages/fusesearch/src/models/shapes.ts'
import { type Exchange, type Plays, refusalBody } from '../exchange.ts'
import { render, toStreamText } from '../render.ts'

const FLOOD_PIECE = 2 ** 20

/** Bodies that are not what they should be, under a status of success. */
export const BODIES = {
  'html-page': ({ response }) => {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end('<!doctype html><html><body><h1>It works!</h1></body></html>')
  },
  'empty-body': (exchange) => exchange.sendText(''),
  'empty-object': (exchange) => exchange.sendText(asSent(exchange, '{}')),
  'not-an-object': (exchange) => exchange.sendText(asSent(exchange, '"ok"')),
  'no-choices': (exchange) => exchange.sendText(asSent(exchange, '{"choices":[],"content":[],"type":"message_stop"}')),
  'null-message': (exchange) =>
    exchange.sendText(asSent(exchange, '{"choices":[{"message":null,"delta":null}],"content":null}')),
  'malformed-json': (exchange) => exchange.sendText(exchange.textOf(exchange.reply).replaceAll('":', '":,')),
  'huge-body': async (exchange) => {
    exchange.begin()
    exchange.response.write(exchange.request.isStreamed ? 'data: {"x":"' : '{"x":"')
    await flood(exchange)
  },
  'wrong-content-type': (exchange) => {
    exchange.response.writeHead(200, { 'content-type': 'text/plain' })
    exchange.response.end(exchange.textOf(exchange.reply))
  },
  'other-form': ({ reply, request, response }) => {
    const { body, events } = render(reply, request)
    response.writeHead(200, { 'content-type': request.isStreamed ? 'application/json' : 'text/event-stream' })
    response.end(request.isStreamed ? JSON.stringify(body) : toStreamText(events))
  },
  'error-with-200': (exchange) =>
    exchange.sendText(asSent(exchange, errorText(exchange, 'this request is not allowed'))),
  'busy-with-200-once': (exchange) => {
    if (exchange.count > 1) return exchange.send(exchange.reply)
    return exchange.sendText(asSent(exchange, errorText(exchange, 'Overloaded')))
  },
  'byte-order-mark': (exchange) => exchange.sendText(`\uFEFF\n\n${exchange.textOf(exchange.reply)}`),
  'not-utf-8': (exchange) => {
    const text = exchange.textOf({ ...exchange.reply, text: '@@' })
    const bytes = Buffer.from(text)
    for (let at = bytes.indexOf('@'); at !== -1; at = bytes.indexOf('@')) bytes[at] = 0xff
    exchange.sendText(bytes)
  },
  'bytes-one-by-one': async (exchange) => {
    const text = exchange.textOf({ ...exchange.reply, text: 'Grüße, 世界 🌍' })
    exchange.begin()
    for (const byte of Buffer.from(text)) {
      exchange.response.write(Buffer.of(byte))
      // Only where characters are cut is a packet of its own worth the time.
      if (byte > 0x7f) await exchange.pause(1)
    }
    exchange.response.end()
  },
  'content-in-parts': (exchange) =>
    exchange.send(exchange.reply, ({ body, events }) => ({
      body: spoilContent(body),
      events: events.map((event) => (typeof event.data === 'string' ? event : { data: spoilContent(event.data) })),
    })),
} satisfies Plays

/** A JSON text as the request wants it: as it is, or as the one event of a stream. */
function asSent({ request }: Exchange, text: string): string {
  return request.isStreamed ? `data: ${text}\n\n` : text
}

function errorText({ request }: Exchange, message: string): string {
  return JSON.stringify(refusalBody(request, { message }))
}

function spoilContent(value: unknown): Record<string, unknown> {
  return { ...objectOf(JSON.parse(JSON.stringify(value, toParts))) }
}

function toParts(key: string, value: unknown): unknown {
  return key === 'content' && typeof value === 'string' ? [{ type: 'text', text: value }] : value
}

/** Writes more than any client takes, at the speed at which it is taken. */
async function flood({ response }: Exchange): Promise<void> {
  const piece = 'x'.repeat(FLOOD_PIECE)
  for (let bytes = 0; bytes < 2 * MAX_REPLY_BYTES && !response.destroyed; bytes += FLOOD_PIECE) {
    if (!response.write(piece)) await drained(response)
  }
  response.end()
}

function drained(response: Exchange['response']): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
