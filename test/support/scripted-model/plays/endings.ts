import { isObject, type JsonObject, listOf, objectOf } from '../../../../packages/fusesearch/src/models/shapes.ts'
import type { Exchange, Plays } from '../exchange.ts'
import type { RenderedEvent } from '../render.ts'

/** Wrong words at the end of a reply: why it ended, and what it cost. */
export const ENDINGS = {
  'usage-missing': ({ reply, send }) =>
    send(reply, ({ body, events }) => ({ body: withoutUsage(body), events: events.map(eventWithoutUsage) })),
  'usage-garbage': ({ reply, send }) =>
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
  'cached-beyond-input': ({ reply, send }) =>
    send({
      ...reply,
      usage: { prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 999 } },
    }),
  'finish-stop-beside-calls': (exchange) => sendFinish(exchange, { openai: 'stop', anthropic: 'end_turn' }),
  'finish-unknown': (exchange) => sendFinish(exchange, { openai: 'because', anthropic: 'because' }),
  'finish-filtered': ({ request, send }) =>
    send({ text: '', finish: request.wire === 'openai' ? 'content_filter' : 'refusal' }),
} satisfies Plays

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
