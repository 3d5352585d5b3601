import { isObject, type JsonObject, listOf, objectOf } from '../../shapes.ts'
import { callsToSpoil, searchCall } from '../example.ts'
import type { Exchange } from '../exchange.ts'
import { BOTH, type Misbehaviour, OPENAI } from '../misbehaviour.ts'
import type { ScriptedCall, ScriptedReply } from '../script.ts'

const MANY = 40

/** Calls as models get them wrong. */
export const CALLS: readonly Misbehaviour[] = [
  {
    name: 'arguments-malformed',
    description: 'writes arguments with single quotes and a comma too many',
    wires: BOTH,
    play: withArguments((given) => `${JSON.stringify(given).replaceAll('"', "'").replace(/\}$/, '')},}`),
  },
  {
    name: 'arguments-cut-by-length',
    description: 'runs out of tokens in the middle of the arguments',
    wires: BOTH,
    play: (exchange) => {
      const calls = callsToSpoil(exchange).map((call) => ({
        ...call,
        arguments: halfOf(JSON.stringify(call.arguments)),
      }))
      exchange.send({ ...exchange.reply, calls, finish: exchange.request.wire === 'openai' ? 'length' : 'max_tokens' })
    },
  },
  {
    name: 'arguments-as-object',
    description: 'sends arguments as an object instead of a text',
    wires: OPENAI,
    play: (exchange) =>
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
  },
  {
    name: 'arguments-double-encoded',
    description: 'writes arguments as JSON in a JSON text',
    wires: BOTH,
    play: withArguments((given) => JSON.stringify(JSON.stringify(given))),
  },
  { name: 'arguments-null', description: 'writes null for arguments', wires: BOTH, play: withArguments(() => 'null') },
  { name: 'arguments-empty', description: 'sends no arguments at all', wires: BOTH, play: withArguments(() => '') },
  {
    name: 'arguments-list',
    description: 'writes arguments as a list',
    wires: BOTH,
    play: withArguments((given) => JSON.stringify(Object.values(objectOf(given)))),
  },
  {
    name: 'arguments-wrong-types',
    description: 'writes numbers for texts, texts for numbers and for lists',
    wires: BOTH,
    play: withArguments(wrongTypes),
  },
  {
    name: 'arguments-with-unknown-names',
    description: 'adds arguments that no tool has, one of them `__proto__`',
    wires: BOTH,
    play: withArguments((given) => JSON.stringify(given).replace(/^\{/, '{"__proto__":{"x":1},"explanation":"why",')),
  },
  {
    name: 'arguments-half-a-character',
    description: 'writes half of a surrogate pair and control characters',
    wires: BOTH,
    play: withArguments((given) => JSON.stringify(mapTexts(given, (text) => `${text}\uD83C\u0000\u001B[2J`))),
  },
  {
    name: 'unknown-tool',
    description: 'calls a tool that there is not',
    wires: BOTH,
    play: (exchange) => sendCalls(exchange, (calls) => calls.map((call) => ({ ...call, name: 'execute_bash' }))),
  },
  {
    name: 'tool-without-name',
    description: 'calls without saying what',
    wires: BOTH,
    play: (exchange) => sendCalls(exchange, (calls) => calls.map((call) => ({ ...call, name: '' }))),
  },
  {
    name: 'tool-name-decorated',
    description: 'calls tools as `functions.NAME`',
    wires: BOTH,
    play: (exchange) =>
      sendCalls(exchange, (calls) => calls.map((call) => ({ ...call, name: `functions.${call.name}` }))),
  },
  {
    name: 'forty-calls',
    description: 'makes 40 calls at once',
    wires: BOTH,
    play: (exchange) => {
      const { tools } = exchange.request
      sendCalls(exchange, () => Array.from({ length: MANY }, (_, index) => searchCall(tools, `word${index}`)))
    },
  },
  {
    name: 'duplicate-ids',
    description: 'gives all calls the same id',
    wires: BOTH,
    play: (exchange) => sendCalls(exchange, (calls) => twice(calls).map((call) => ({ ...call, id: 'call_0' }))),
  },
  {
    name: 'missing-ids',
    description: 'gives no call an id',
    wires: BOTH,
    play: (exchange) => sendCalls(exchange, (calls) => twice(calls).map((call) => ({ ...call, id: null }))),
  },
  {
    name: 'ids-with-odd-characters',
    description: 'gives calls ids that another wire form would refuse',
    wires: BOTH,
    play: (exchange) =>
      sendCalls(exchange, (calls) => calls.map((call, index) => ({ ...call, id: `f:${index} é/${index}` }))),
  },
  {
    name: 'function-call',
    description: 'makes one call in the field `function_call`, the form before there could be several',
    wires: OPENAI,
    play: (exchange) => {
      const [call] = callsToSpoil(exchange)
      const function_call = { name: call?.name, arguments: JSON.stringify(call?.arguments) }
      const message = { role: 'assistant', content: null, function_call }
      const choice = { index: 0, finish_reason: 'function_call' }
      exchange.send({}, ({ body }) => ({
        body: { ...body, choices: [{ ...choice, message }] },
        events: [{ data: { choices: [{ ...choice, delta: message }] } }, { data: '[DONE]' }],
      }))
    },
  },
]

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
