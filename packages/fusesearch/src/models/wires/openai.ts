import { trimEndOf } from '../../core/index.ts'
import type { ChatRequest, Finish, Message, Usage } from '../chat.ts'
import { argumentsObject, argumentsText, createDraft, type Draft, type DraftCall, withUniqueIds } from '../messages.ts'
import { countOf, isObject, type JsonObject, listOf, objectOf, textOf } from '../shapes.ts'
import {
  type BodySettings,
  END,
  finishIn,
  MORE,
  type Parameter,
  type ReplyReader,
  readError,
  type Taken,
  UNKNOWN,
  type Wire,
} from './wire.ts'

const SUFFIX = '/chat/completions'

const PARAMETERS: readonly Parameter[] = [
  'max_completion_tokens',
  'max_tokens',
  'parallel_tool_calls',
  'seed',
  'stream_options',
  'temperature',
  'tool_choice',
]

/** The chat completions of OpenAI, vLLM, SGLang, Ollama, llama.cpp, LM Studio and OpenRouter. */
export const openaiWire: Wire = {
  name: 'openai',
  defaultBaseUrl: 'https://api.openai.com/v1',
  choiceCostsCache: false,
  path: (pathname) => {
    const path = trimEndOf(pathname, '/')
    if (path.endsWith(SUFFIX)) return path
    return `${path === '' ? '/v1' : path}${SUFFIX}`
  },
  headers: (key) => (key === undefined ? {} : { authorization: `Bearer ${key}` }),
  body: toBody,
  parameters: (body) => PARAMETERS.filter((parameter) => parameter in body),
  read: readOpenai,
}

function toBody(request: ChatRequest, { isStreamed, model, refused }: BodySettings): JsonObject {
  const body: Record<string, unknown> = { model, messages: withUniqueIds(request.messages).map(toMessage) }
  const set = (parameter: Parameter, value: unknown): void => {
    if (value !== undefined && !refused.has(parameter)) body[parameter] = value
  }
  if (request.tools.length > 0) {
    body.tools = request.tools.map((tool) => ({ type: 'function', function: tool }))
    set('tool_choice', toChoice(request.toolChoice))
    set('parallel_tool_calls', request.parallelToolCalls)
  }
  set('temperature', request.temperature)
  set('seed', request.seed)
  set(refused.has('max_tokens') ? 'max_completion_tokens' : 'max_tokens', request.maxTokens)
  if (isStreamed) {
    body.stream = true
    set('stream_options', { include_usage: true })
  }
  return body
}

function toChoice(choice: ChatRequest['toolChoice']): unknown {
  return typeof choice === 'object' ? { type: 'function', function: { name: choice.name } } : choice
}

function toMessage(message: Message): JsonObject {
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.callId, content: message.content }
  if (message.role !== 'assistant') return { role: message.role, content: message.content }
  const { content, toolCalls } = message
  if (toolCalls.length === 0) return { role: 'assistant', content }
  const calls = toolCalls.map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(argumentsObject(call)) },
  }))
  return { role: 'assistant', content: content === '' ? null : content, tool_calls: calls }
}

const FINISHES: Readonly<Record<string, Finish>> = {
  stop: 'stop',
  eos: 'stop',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  length: 'length',
  content_filter: 'filtered',
}

/** Reads chat completions, whole or in chunks. */
export function readOpenai(): ReplyReader {
  const draft = createDraft()
  const byIndex = new Map<number, DraftCall>()
  return {
    draft,
    takeBody: (value) => takeBody(draft, value),
    takeEvent: (value) => takeChunk(draft, byIndex, value),
  }
}

function takeBody(draft: Draft, value: unknown): Taken {
  const refusal = errorOf(value)
  if (refusal !== undefined) return refusal
  const body = objectOf(value)
  const choice = objectOf(listOf(body.choices)[0])
  if (!isObject(choice.message)) return UNKNOWN
  takeText(draft, choice.message)
  for (const call of callsOf(choice.message)) draft.calls.push(callOf(objectOf(call)))
  draft.finish ??= finishIn(FINISHES, choice.finish_reason) ?? 'unknown'
  draft.usage = usageOf(body.usage)
  return END
}

function takeChunk(draft: Draft, byIndex: Map<number, DraftCall>, value: unknown): Taken {
  const refusal = errorOf(value)
  if (refusal !== undefined) return refusal
  if (!isObject(value)) return UNKNOWN
  draft.usage = usageOf(value.usage) ?? draft.usage
  const choice = listOf(value.choices)[0]
  if (choice === undefined) return 'choices' in value || 'usage' in value ? MORE : UNKNOWN
  const { delta, finish_reason: finish, message } = objectOf(choice)
  // Some servers send the whole message in a single chunk.
  const piece = objectOf(delta ?? message)
  takeText(draft, piece)
  for (const call of callsOf(piece)) takePiece(draft.calls, byIndex, objectOf(call))
  if (draft.finish !== 'filtered') draft.finish = finishIn(FINISHES, finish) ?? draft.finish
  return MORE
}

function errorOf(value: unknown): Taken | undefined {
  const body = objectOf(value)
  if (isObject(body.error)) return { kind: 'error', error: readError(body.error) }
  if (typeof body.error === 'string') return { kind: 'error', error: readError({ message: body.error }) }
  // vLLM's older form.
  return body.object === 'error' ? { kind: 'error', error: readError(body) } : undefined
}

function takeText(draft: Draft, piece: JsonObject): void {
  draft.text += contentOf(piece.content)
  draft.reasoning += textOf(piece.reasoning_content) || textOf(piece.reasoning)
  const refusal = textOf(piece.refusal)
  if (refusal === '') return
  draft.text += refusal
  draft.finish = 'filtered'
}

/** Content is a text or a list of parts, of which only those with a text count. */
function contentOf(content: unknown): string {
  if (typeof content === 'string') return content
  return listOf(content)
    .map((part) => textOf(objectOf(part).text))
    .join('')
}

/** The calls of a message or a piece. `function_call` is the older form with a single call. */
function callsOf(piece: JsonObject): readonly unknown[] {
  const calls = listOf(piece.tool_calls)
  if (calls.length > 0 || !isObject(piece.function_call)) return calls
  return [{ index: 0, function: piece.function_call }]
}

function callOf(call: JsonObject): DraftCall {
  const { arguments: given, name } = objectOf(call.function)
  return { id: textOf(call.id), name: textOf(name), argumentsText: argumentsText(given) }
}

/**
 * Adds a piece to the call with its index. If there is no index, or a server gives all calls the same one, a new id
 * begins a new call, and a piece without an id belongs to the last call.
 */
function takePiece(calls: DraftCall[], byIndex: Map<number, DraftCall>, piece: JsonObject): void {
  const part = callOf(piece)
  const index = typeof piece.index === 'number' ? piece.index : undefined
  const known = index === undefined ? undefined : byIndex.get(index)
  const open = known ?? (index === undefined && part.id === '' && part.name === '' ? calls.at(-1) : undefined)
  if (open === undefined || isAnother(open, part)) {
    calls.push(part)
    if (index !== undefined) byIndex.set(index, part)
    return
  }
  open.id ||= part.id
  // Some servers repeat the name in every piece; others split it over two pieces.
  if (part.name !== open.name) open.name += part.name
  open.argumentsText += part.argumentsText
}

function isAnother(open: DraftCall, part: DraftCall): boolean {
  return part.id !== '' && open.id !== '' && part.id !== open.id && part.name !== ''
}

function usageOf(value: unknown): Usage | null {
  const usage = objectOf(value)
  const inputTokens = countOf(usage.prompt_tokens)
  const outputTokens = countOf(usage.completion_tokens)
  if (inputTokens === null || outputTokens === null) return null
  const cached = countOf(objectOf(usage.prompt_tokens_details).cached_tokens) ?? countOf(usage.prompt_cache_hit_tokens)
  return { inputTokens, outputTokens, cachedTokens: cached === null ? null : Math.min(cached, inputTokens) }
}
