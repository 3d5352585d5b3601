import type { JsonObject } from '../../../../packages/fusesearch/src/models/shapes.ts'
import { isObject, listOf, objectOf } from '../../../../packages/fusesearch/src/models/shapes.ts'
import { type Exchange, type Play, type Plays, refusalBody } from '../exchange.ts'
import { type Rendered, type RenderedEvent, render, toStreamText } from '../render.ts'

const FOREVER_MS = 3_600_000

/** Streams with something wrong in their form; a request without streaming gets what comes nearest. */
export const STREAMS = {
  'error-event': (exchange) => playError(exchange),
  'error-event-once': (exchange) => (exchange.count === 1 ? playError(exchange) : exchange.send(exchange.reply)),
  'crlf-lines': (exchange) => exchange.sendText(streamText(exchange, '\r\n')),
  'cr-lines': (exchange) => exchange.sendText(streamText(exchange, '\r')),
  'comments-and-pings': (exchange) => {
    const noise = ': PROCESSING\n\nid: 7\nretry: 10\n\n'
    exchange.sendText(
      exchange.request.isStreamed ? streamText(exchange).replaceAll('\n\n', `\n\n${noise}`) : body(exchange),
    )
  },
  'no-empty-lines': (exchange) => exchange.sendText(streamText(exchange).replaceAll('\n\n', '\n')),
  'no-last-event': spoil((events) => events.slice(0, -1)),
  'no-last-event-and-open': async (exchange) => {
    const { events } = render(exchange.reply, exchange.request)
    if (!exchange.request.isStreamed) return exchange.send(exchange.reply)
    exchange.begin()
    exchange.response.write(toStreamText(events.slice(0, -1)))
    await exchange.pause(FOREVER_MS)
  },
  'unreadable-event': spoil((events) => [...events.slice(0, 1), { data: '{"choices": [' }, ...events.slice(1)]),
  'unknown-events': spoil((events) =>
    events.flatMap((event) => [{ event: 'news', data: { type: 'news', text: 'x' } }, event]),
  ),
  'index-gaps': spoil((events) => events.map((event) => withIndex(event, (index) => index * 1_000_000 + 7))),
  'index-missing': spoil((events) => events.map((event) => withIndex(event, () => undefined))),
  'index-always-zero': spoil((events) => events.map((event) => withIndex(event, () => 0))),
  'name-in-every-piece': spoil(withNames),
  'whole-message-in-a-stream': (exchange) =>
    exchange.send(exchange.reply, ({ body: whole }) => ({
      body: whole,
      events: [{ data: whole }, { data: '[DONE]' }],
    })),
} satisfies Plays

function body({ reply, request }: Exchange): string {
  return JSON.stringify(render(reply, request).body)
}

function streamText({ reply, request }: Exchange, lineEnd = '\n'): string {
  const rendered = render(reply, request)
  return request.isStreamed ? toStreamText(rendered.events, lineEnd) : `${lineEnd}${JSON.stringify(rendered.body)}`
}

function spoil(change: (events: readonly RenderedEvent[]) => readonly RenderedEvent[]): Play {
  return ({ reply, send }) =>
    send(reply, ({ body: whole, events }: Rendered) => ({ body: whole, events: change(events) }))
}

function playError(exchange: Exchange): void {
  const error = refusalBody(exchange.request, { message: 'Overloaded', type: 'overloaded_error' })
  exchange.send(exchange.reply, ({ events }) => ({
    body: error,
    events: [...events.slice(0, events.length / 2), { event: 'error', data: error }],
  }))
}

/** Changes the number of a block, or of each call in a chunk. */
function withIndex(event: RenderedEvent, change: (index: number) => number | undefined): RenderedEvent {
  const { data } = event
  if (!isObject(data)) return event
  if (typeof data.index === 'number') return { ...event, data: { ...data, index: change(data.index) } }
  return withCalls(event, (call) => ({ ...call, index: change(Number(call.index)) }))
}

function withNames(events: readonly RenderedEvent[]): readonly RenderedEvent[] {
  const names = new Map<unknown, unknown>()
  return events.map((event) =>
    withCalls(event, (call) => {
      const { name = names.get(call.index), ...rest } = objectOf(call.function)
      names.set(call.index, name)
      return { ...call, function: { name, ...rest } }
    }),
  )
}

function withCalls(event: RenderedEvent, change: (call: JsonObject) => JsonObject): RenderedEvent {
  const { choices, ...rest } = objectOf(event.data)
  const choice = objectOf(listOf(choices)[0])
  const delta = objectOf(choice.delta)
  const calls = listOf(delta.tool_calls).map(objectOf)
  if (calls.length === 0) return event
  return { ...event, data: { ...rest, choices: [{ ...choice, delta: { ...delta, tool_calls: calls.map(change) } }] } }
}
