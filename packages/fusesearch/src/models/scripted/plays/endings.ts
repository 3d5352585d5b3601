import { isObject, type JsonObject, listOf, objectOf } from '../../shapes.ts'
import type { Exchange } from '../exchange.ts'
import type { NamedPlay } from '../play.ts'
import type { RenderedEvent } from '../render.ts'

/** Wrong words at the end of a reply: why it ended, and what it cost. */
export const ENDINGS: readonly NamedPlay[] = [
  {
    name: 'usage-missing',
    play: ({ reply, send }) =>
      send(reply, ({ body, events }) => ({ body: withoutUsage(body), events: events.map(eventWithoutUsage) })),
  },
  {
    name: 'usage-garbage',
    play: ({ reply, send }) =>
      send({
        ...reply,
        usage: {
          prompt_tokens: -5,
          completion_tokens: 'many',
          input_tokens: -5,
          output_tokens: 1.5,
          total_tokens: null,
        },
      }),
  },
  {
    name: 'cached-beyond-input',
    play: ({ reply, send }) =>
      send({
        ...reply,
        usage: { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 999 } },
      }),
  },
  {
    name: 'finish-stop-beside-calls',
    play: (exchange) => sendFinish(exchange, { openai: 'stop', anthropic: 'end_turn' }),
  },
  {
    name: 'finish-unknown',
    play: (exchange) => sendFinish(exchange, { openai: 'because', anthropic: 'because' }),
  },
  {
    name: 'finish-filtered',
    play: ({ request, send }) => send({ text: '', finish: request.wire === 'openai' ? 'content_filter' : 'refusal' }),
  },
]

function sendFinish({ reply, request, send }: Exchange, finish: { openai: string; anthropic: string }): void {
  send({ ...reply, finish: finish[request.wire] })
}

function withoutUsage(value: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'usage'))
}

function eventWithoutUsage(event: RenderedEvent): RenderedEvent {
  if (!isObject(event.data)) return event
  const { message, ...rest } = withoutUsage(event.data)
  const isUsage = 'choices' in rest && listOf(rest.choices).length === 0
  if (isUsage) return { data: { choices: [] } }
  return { ...event, data: message === undefined ? rest : { ...rest, message: withoutUsage(objectOf(message)) } }
}
