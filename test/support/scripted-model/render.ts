import { argumentsText } from '../../../packages/fusesearch/src/models/messages.ts'
import { isObject, type JsonObject, parseJson } from '../../../packages/fusesearch/src/models/shapes.ts'
import type { ScriptedCall, ScriptedReply, ScriptedRequest } from './script.ts'

/** One event of a stream: its name, where the form has names, and its data, as JSON unless it is a text. */
export interface RenderedEvent {
  readonly event?: string
  readonly data: unknown
}

/** A reply in a wire form, whole and as events. */
export interface Rendered {
  readonly body: JsonObject
  readonly events: readonly RenderedEvent[]
}

const PIECES = 3

/** A well-formed reply in the form of its request. */
export function render(reply: ScriptedReply, request: ScriptedRequest): Rendered {
  return request.wire === 'openai' ? renderOpenai(reply, request) : renderAnthropic(reply, request)
}

/** The text of an event stream; `lineEnd` is LF, CRLF or CR. */
export function toStreamText(events: readonly RenderedEvent[], lineEnd = '\n'): string {
  return events
    .map(({ data, event: name }) => {
      const text = typeof data === 'string' ? data : JSON.stringify(data)
      return `${name === undefined ? '' : `event: ${name}${lineEnd}`}data: ${text}${lineEnd}${lineEnd}`
    })
    .join('')
}

function renderOpenai(reply: ScriptedReply, request: ScriptedRequest): Rendered {
  const calls = (reply.calls ?? []).map((call, index) => ({
    ...idOf(call, request.turn, index),
    type: 'function',
    function: { name: call.name, arguments: argumentsText(call.arguments) },
  }))
  const usage = reply.usage ?? {
    prompt_tokens: 100,
    completion_tokens: 20,
    total_tokens: 120,
    prompt_tokens_details: { cached_tokens: request.turn > 0 ? 64 : 0 },
  }
  const finish = reply.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop')
  const { reasoning, text = '' } = reply
  const head = { id: `chatcmpl-${request.turn}`, created: 0, model: request.model }
  const thoughts = reasoning === undefined ? {} : { reasoning_content: reasoning }
  const message = { role: 'assistant', content: calls.length > 0 && text === '' ? null : text, ...thoughts }
  const chunk = (delta: JsonObject, finish_reason: string | null = null): RenderedEvent => ({
    data: { ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] },
  })
  return {
    body: {
      ...head,
      object: 'chat.completion',
      choices: [
        { index: 0, message: calls.length > 0 ? { ...message, tool_calls: calls } : message, finish_reason: finish },
      ],
      usage,
    },
    events: [
      chunk({ role: 'assistant', content: '' }),
      ...cut(reasoning ?? '').map((piece) => chunk({ reasoning_content: piece })),
      ...cut(text).map((piece) => chunk({ content: piece })),
      ...calls.flatMap(({ function: { arguments: given, name }, ...call }, index) => [
        chunk({ tool_calls: [{ index, ...call, function: { name, arguments: '' } }] }),
        ...cut(given).map((piece) => chunk({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ]),
      chunk({}, finish),
      { data: { ...head, object: 'chat.completion.chunk', choices: [], usage } },
      { data: '[DONE]' },
    ],
  }
}

function renderAnthropic(reply: ScriptedReply, request: ScriptedRequest): Rendered {
  const { calls = [], reasoning = '', text = '' } = reply
  const uses = calls.map((call, index) => {
    const written = argumentsText(call.arguments)
    const input = parseJson(written)
    return { use: { type: 'tool_use', ...idOf(call, request.turn, index), name: call.name }, written, input }
  })
  const usage = reply.usage ?? {
    input_tokens: 36,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: request.turn > 0 ? 64 : 0,
    output_tokens: 20,
  }
  const stop_reason = reply.finish ?? (calls.length > 0 ? 'tool_use' : 'end_turn')
  const head = { id: `msg_${request.turn}`, type: 'message', role: 'assistant', model: request.model }
  const blocks = [
    ...(reasoning === '' ? [] : [textBlock('thinking', reasoning)]),
    ...(text === '' ? [] : [textBlock('text', text)]),
    ...uses.map(({ input, use, written }) => ({
      whole: { ...use, input: isObject(input) ? input : written },
      start: { ...use, input: {} },
      deltas: cut(written).map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
    })),
  ]
  return {
    body: { ...head, content: blocks.map(({ whole }) => whole), stop_reason, usage },
    events: [
      event('message_start', { message: { ...head, content: [], usage: { ...usage, output_tokens: 1 } } }),
      event('ping', {}),
      ...blocks.flatMap(({ deltas, start }, index) => [
        event('content_block_start', { index, content_block: start }),
        ...deltas.map((delta) => event('content_block_delta', { index, delta })),
        event('content_block_stop', { index }),
      ]),
      event('message_delta', { delta: { stop_reason }, usage: { output_tokens: usage.output_tokens } }),
      event('message_stop', {}),
    ],
  }
}

function event(type: string, fields: JsonObject): RenderedEvent {
  return { event: type, data: { type, ...fields } }
}

interface Block {
  readonly whole: JsonObject
  readonly start: JsonObject
  readonly deltas: readonly JsonObject[]
}

function textBlock(type: 'text' | 'thinking', text: string): Block {
  const deltas = cut(text).map((piece) => ({ type: `${type}_delta`, [type]: piece }))
  return { whole: { type, [type]: text }, start: { type, [type]: '' }, deltas }
}

function idOf({ id }: ScriptedCall, turn: number, index: number): { readonly id?: string } {
  return id === null ? {} : { id: id ?? `call_${turn}_${index}` }
}

/** A text in a few pieces, as a stream brings it. */
function cut(text: string): string[] {
  const length = Math.ceil(text.length / PIECES)
  const starts = Array.from({ length: PIECES }, (_, index) => index * length)
  return starts.map((start) => text.slice(start, start + length)).filter((piece) => piece !== '')
}
