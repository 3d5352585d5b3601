import { isObject, type JsonObject, listOf, objectOf } from '../../../../packages/fusesearch/src/models/shapes.ts'
import { callsToSpoil, searchCall } from '../example.ts'
import type { Exchange, Plays } from '../exchange.ts'
import type { ScriptedCall, ScriptedReply } from '../script.ts'

const MANY = 40

/** Calls as models get them wrong. */
export const CALLS = {
  'arguments-malformed': withArguments((given) => `${JSON.stringify(given).replaceAll('"', "'").replace(/\}$/, '')},}`),
  'arguments-cut-by-length': (exchange) => {
    const calls = callsToSpoil(exchange).map((call) => ({
      ...call,
      arguments: halfOf(JSON.stringify(call.arguments)),
    }))
    exchange.send({ ...exchange.reply, calls, finish: exchange.request.wire === 'openai' ? 'length' : 'max_tokens' })
  },
  'arguments-as-object': (exchange) =>
    exchange.send({ ...exchange.reply, calls: callsToSpoil(exchange) }, ({ body, events }) => {
      const message = objectOf(objectOf(listOf(body.choices)[0]).message)
      const calls = listOf(message.tool_calls).map((call) => asObject(objectOf(call)))
      const delta = { ...message, tool_calls: calls.map((call, index) => ({ ...call, index })) }
      return {
        body: {
          ...body,
          choices: [{ index: 0, message: { ...message, tool_calls: calls }, finish_reason: 'tool_calls' }],
        },
        events: [{ data: { choices: [{ index: 0, delta, finish_reason: null }] } }, ...events.slice(-3)],
      }
    }),
  'arguments-double-encoded': withArguments((given) => JSON.stringify(JSON.stringify(given))),
  'arguments-null': withArguments(() => 'null'),
  'arguments-empty': withArguments(() => ''),
  'arguments-list': withArguments((given) => JSON.stringify(Object.values(objectOf(given)))),
  'arguments-wrong-types': withArguments(wrongTypes),
  'arguments-with-unknown-names': withArguments((given) =>
    JSON.stringify(given).replace(/^\{/, '{"__proto__":{"x":1},"explanation":"why",'),
  ),
  'arguments-half-a-character': withArguments((given) =>
    JSON.stringify(mapTexts(given, (text) => `${text}\uD83C\u0000\u001B[2J`)),
  ),
  'unknown-tool': (exchange) =>
    sendCalls(exchange, (calls) => calls.map((call) => ({ ...call, name: 'execute_bash' }))),
  'tool-without-name': (exchange) => sendCalls(exchange, (calls) => calls.map((call) => ({ ...call, name: '' }))),
  'tool-name-decorated': (exchange) =>
    sendCalls(exchange, (calls) => calls.map((call) => ({ ...call, name: `functions.${call.name}` }))),
  'forty-calls': (exchange) => {
    const { tools } = exchange.request
    sendCalls(exchange, () => Array.from({ length: MANY }, (_, index) => searchCall(tools, `word${index}`)))
  },
  'duplicate-ids': (exchange) =>
    sendCalls(exchange, (calls) => twice(calls).map((call) => ({ ...call, id: 'call_0' }))),
  'missing-ids': (exchange) => sendCalls(exchange, (calls) => twice(calls).map((call) => ({ ...call, id: null }))),
  'ids-with-odd-characters': (exchange) =>
    sendCalls(exchange, (calls) => calls.map((call, index) => ({ ...call, id: `f:${index} é/${index}` }))),
  'function-call': (exchange) => {
    const [call] = callsToSpoil(exchange)
    const function_call = { name: call?.name, arguments: JSON.stringify(call?.arguments) }
    const message = { role: 'assistant', content: null, function_call }
    const choice = { index: 0, finish_reason: 'function_call' }
    exchange.send({}, ({ body }) => ({
      body: { ...body, choices: [{ ...choice, message }] },
      events: [{ data: { choices: [{ ...choice, delta: message }] } }, { data: '[DONE]' }],
    }))
  },
} satisfies Plays

function sendCalls(exchange: Exchange, change: (calls: readonly ScriptedCall[]) => readonly ScriptedCall[]): void {
  const reply: ScriptedReply = { ...exchange.reply, calls: change(callsToSpoil(exchange)) }
  exchange.send(reply)
}

function withArguments(change: (given: unknown) => string): (exchange: Exchange) => void {
  return (exchange) =>
    sendCalls(exchange, (calls) => calls.map((call) => ({ ...call, arguments: change(call.arguments) })))
}

function twice(calls: readonly ScriptedCall[]): readonly ScriptedCall[] {
  return calls.length > 1 ? calls : [...calls, ...calls]
}

function halfOf(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2))
}

function wrongTypes(given: unknown): string {
  const wrong = Object.entries(objectOf(given)).map(([name, value]) => [name, typeof value === 'string' ? 7 : 'seven'])
  return JSON.stringify(Object.fromEntries(wrong))
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((inner) => mapTexts(inner, change))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapTexts(inner, change)]))
}

function asObject(call: JsonObject): JsonObject {
  const { arguments: given, ...rest } = objectOf(call.function)
  const value: unknown = typeof given === 'string' ? JSON.parse(given) : given
  return { ...call, function: { ...rest, arguments: value } }
}
