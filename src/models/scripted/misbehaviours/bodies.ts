import { MAX_REPLY_BYTES } from '../../limits.ts'
import { objectOf } from '../../shapes.ts'
import { type Exchange, refusalBody } from '../exchange.ts'
import { BOTH, type Misbehaviour, OPENAI } from '../misbehaviour.ts'
import { render, toStreamText } from '../render.ts'

const FLOOD_PIECE = 2 ** 20

/** Bodies that are not what they should be, under a status of success. */
export const BODIES: readonly Misbehaviour[] = [
  {
    name: 'html-page',
    description: 'answers 200 with an HTML page',
    wires: BOTH,
    play: ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<!doctype html><html><body><h1>It works!</h1></body></html>')
    },
  },
  {
    name: 'empty-body',
    description: 'answers 200 with nothing',
    wires: BOTH,
    play: (exchange) => exchange.sendText(''),
  },
  {
    name: 'empty-object',
    description: 'answers an empty JSON object',
    wires: BOTH,
    play: (exchange) => exchange.sendText(asSent(exchange, '{}')),
  },
  {
    name: 'not-an-object',
    description: 'answers a JSON text instead of an object',
    wires: BOTH,
    play: (exchange) => exchange.sendText(asSent(exchange, '"ok"')),
  },
  {
    name: 'no-choices',
    description: 'answers an empty list of choices, or of content',
    wires: BOTH,
    play: (exchange) => exchange.sendText(asSent(exchange, '{"choices":[],"content":[],"type":"message_stop"}')),
  },
  {
    name: 'null-message',
    description: 'answers a choice, or a content, that is null',
    wires: BOTH,
    play: (exchange) =>
      exchange.sendText(asSent(exchange, '{"choices":[{"message":null,"delta":null}],"content":null}')),
  },
  {
    name: 'malformed-json',
    description: 'answers JSON with a comma too many',
    wires: BOTH,
    play: (exchange) => exchange.sendText(exchange.textOf(exchange.reply).replaceAll('":', '":,')),
  },
  {
    name: 'huge-body',
    description: 'answers without an end',
    wires: BOTH,
    play: async (exchange) => {
      exchange.begin()
      exchange.response.write(exchange.request.isStreamed ? 'data: {"x":"' : '{"x":"')
      await flood(exchange)
    },
  },
  {
    name: 'wrong-content-type',
    description: 'answers well, as text/plain',
    wires: BOTH,
    play: (exchange) => {
      exchange.response.writeHead(200, { 'content-type': 'text/plain' })
      exchange.response.end(exchange.textOf(exchange.reply))
    },
  },
  {
    name: 'other-form',
    description: 'answers a stream where none was asked for, and one body where a stream was',
    wires: BOTH,
    play: ({ reply, request, response }) => {
      const { body, events } = render(reply, request)
      response.writeHead(200, { 'content-type': request.isStreamed ? 'application/json' : 'text/event-stream' })
      response.end(request.isStreamed ? JSON.stringify(body) : toStreamText(events))
    },
  },
  {
    name: 'error-with-200',
    description: 'answers 200 with an error object that says no',
    wires: BOTH,
    play: (exchange) => exchange.sendText(asSent(exchange, errorText(exchange, 'this request is not allowed'))),
  },
  {
    name: 'busy-with-200-once',
    description: 'answers 200 with an error object that says overloaded, then well',
    wires: BOTH,
    play: (exchange) => {
      if (exchange.count > 1) return exchange.send(exchange.reply)
      return exchange.sendText(asSent(exchange, errorText(exchange, 'Overloaded')))
    },
  },
  {
    name: 'byte-order-mark',
    description: 'begins each reply with a byte order mark and blank lines',
    wires: BOTH,
    play: (exchange) => exchange.sendText(`\uFEFF\n\n${exchange.textOf(exchange.reply)}`),
  },
  {
    name: 'not-utf-8',
    description: 'sends bytes in a text that are no UTF-8',
    wires: BOTH,
    play: (exchange) => {
      const text = exchange.textOf({ ...exchange.reply, text: '@@' })
      const bytes = Buffer.from(text)
      for (let at = bytes.indexOf('@'); at !== -1; at = bytes.indexOf('@')) bytes[at] = 0xff
      exchange.sendText(bytes)
    },
  },
  {
    name: 'bytes-one-by-one',
    description: 'sends texts beyond ASCII one byte at a time',
    wires: BOTH,
    play: async (exchange) => {
      const text = exchange.textOf({ ...exchange.reply, text: 'Grüße, 世界 🌍' })
      exchange.begin()
      for (const byte of Buffer.from(text)) {
        exchange.response.write(Buffer.of(byte))
        // Only where characters are cut is a packet of its own worth the time.
        if (byte > 0x7f) await exchange.pause(1)
      }
      exchange.response.end()
    },
  },
  {
    name: 'content-in-parts',
    description: 'sends the content as a list of parts',
    wires: OPENAI,
    play: (exchange) =>
      exchange.send(exchange.reply, ({ body, events }) => ({
        body: spoilContent(body),
        events: events.map((event) => (typeof event.data === 'string' ? event : { data: spoilContent(event.data) })),
      })),
  },
]

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
