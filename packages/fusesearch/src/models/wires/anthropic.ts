import { trimEndOf } from '../../core/index.ts'
import type { ChatRequest, Finish, Message, ToolDefinition, Usage } from '../chat.ts'
import { DEFAULT_MAX_TOKENS } from '../limits.ts'
import { argumentsObject, argumentsText, createDraft, type Draft, type DraftCall, withUniqueIds } from '../messages.ts'
import { countOf, isObject, type JsonObject, objectOf, textOf } from '../shapes.ts'
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

const SUFFIX = '/v1/messages'
const VERSION = '2023-06-01'

/** Anthropic's Messages API. */
export const anthropicWire: Wire = {
  name: 'anthropic',
  defaultBaseUrl: 'https://api.anthropic.com',
  // See "Tool use with prompt caching" on platform.claude.com for what invalidates a cache.
  choiceCostsCache: true,
  path: (pathname) => {
    const path = trimEndOf(pathname, '/')
    if (path.endsWith(SUFFIX)) return path
    return path.endsWith('/v1') ? `${path}/messages` : `${path}${SUFFIX}`
  },
  headers: (key) => ({ 'anthropic-version': VERSION, ...(key === undefined ? {} : { 'x-api-key': key }) }),
  body: toBody,
  parameters: parametersOf,
  read: readAnthropic,
}

type Block = Record<string, unknown>
interface Turn {
  readonly role: 'user' | 'assistant'
  readonly content: Block[]
}

function toBody(request: ChatRequest, { isStreamed, model, refused }: BodySettings): JsonObject {
  const isSystem = request.messages.findIndex(({ role }) => role !== 'system')
  const split = isSystem === -1 ? request.messages.length : isSystem
  const system: Block[] = request.messages.slice(0, split).map(({ content }) => ({ type: 'text', text: content }))
  const messages = toTurns(withUniqueIds(request.messages.slice(split)))
  const tools = request.tools.map(toTool)
  if (!refused.has('cache_control')) markPrefixes({ system, tools, messages })
  const choice = toChoice(request, refused)
  return {
    model,
    max_tokens: request.maxTokens ?? DEFAULT_MAX_TOKENS,
    ...(system.length > 0 ? { system } : {}),
    ...(tools.length > 0 ? { tools } : {}),
    ...(choice === undefined ? {} : { tool_choice: choice }),
    messages,
    ...(request.temperature === undefined || refused.has('temperature') ? {} : { temperature: request.temperature }),
    ...(isStreamed ? { stream: true } : {}),
  }
}

function toTool({ description, name, parameters }: ToolDefinition): Block {
  return { name, description, input_schema: parameters }
}

/** Joins adjacent messages of one role, such as the results of a turn, since roles must alternate. */
function toTurns(messages: readonly Message[]): readonly Turn[] {
  const turns: Turn[] = []
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...toBlocks(message))
    else turns.push({ role, content: toBlocks(message) })
  }
  // Leave out empty texts and turns, which the endpoint refuses.
  return turns.map((turn) =>
    turn.content.length > 0 ? turn : { ...turn, content: [{ type: 'text', text: '(empty)' }] },
  )
}

function toBlocks(message: Message): Block[] {
  if (message.role === 'tool') {
    return [{ type: 'tool_result', tool_use_id: toId(message.callId), content: message.content }]
  }
  const text = message.content.trim() === '' ? [] : [{ type: 'text', text: message.content }]
  if (message.role !== 'assistant') return text
  const calls = message.toolCalls.map((call) => ({
    type: 'tool_use',
    id: toId(call.id),
    name: call.name,
    input: argumentsObject(call),
  }))
  return [...text, ...calls]
}

/** The endpoint accepts only these characters in an id; other servers use more. */
function toId(id: string): string {
  return id.replace(/[^\w-]/g, '_')
}

interface Prefixes {
  readonly system: readonly Block[]
  readonly tools: readonly Block[]
  readonly messages: readonly Turn[]
}

/**
 * Marks what to cache: tools and system prompt, and the chat up to each of the user's last two turns. It takes two
 * marks because the cache looks back only 20 blocks from a mark, and a turn of many calls is longer.
 */
function markPrefixes({ messages, system, tools }: Prefixes): void {
  const fixed = system.at(-1) ?? tools.at(-1)
  const ends = messages.filter(({ role }) => role === 'user').slice(-2)
  for (const block of [fixed, ...ends.map(({ content }) => content.at(-1))]) {
    if (block !== undefined) block.cache_control = { type: 'ephemeral' }
  }
}

function toChoice(request: ChatRequest, refused: ReadonlySet<Parameter>): Block | undefined {
  const { parallelToolCalls, toolChoice, tools } = request
  if (tools.length === 0 || refused.has('tool_choice')) return undefined
  const isSingle = parallelToolCalls === false && !refused.has('disable_parallel_tool_use')
  const single = isSingle ? { disable_parallel_tool_use: true } : {}
  if (typeof toolChoice === 'object') return { type: 'tool', name: toolChoice.name, ...single }
  if (toolChoice === 'required') return { type: 'any', ...single }
  return toolChoice === undefined && !isSingle ? undefined : { type: 'auto', ...single }
}

function parametersOf(body: JsonObject): readonly Parameter[] {
  const choice = body.tool_choice
  return [
    ...(isObject(choice) && 'disable_parallel_tool_use' in choice ? (['disable_parallel_tool_use'] as const) : []),
    ...(choice === undefined ? [] : (['tool_choice'] as const)),
    ...('temperature' in body ? (['temperature'] as const) : []),
    ...(JSON.stringify(body).includes('"cache_control"') ? (['cache_control'] as const) : []),
  ]
}

const FINISHES: Readonly<Record<string, Finish>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'filtered',
}

/** A reply while it is read: the open calls by block, and the token counts, which arrive in two parts. */
interface Reading {
  readonly draft: Draft
  readonly calls: Map<number, OpenCall>
  usage: JsonObject
}

interface OpenCall {
  readonly call: DraftCall
  /** The input in the block's first event; it counts if no pieces follow. */
  readonly input: string
}

/** Reads messages, whole or streamed. */
export function readAnthropic(): ReplyReader {
  const reading: Reading = { draft: createDraft(), calls: new Map(), usage: {} }
  return {
    draft: reading.draft,
    takeBody: (value) => takeBody(reading, value),
    takeEvent: (value) => takeEvent(reading, value),
  }
}

function takeBody({ draft }: Reading, value: unknown): Taken {
  const body = objectOf(value)
  if (isObject(body.error)) return { kind: 'error', error: readError(body.error) }
  if (!Array.isArray(body.content)) return UNKNOWN
  for (const block of body.content.map(objectOf)) {
    takeText(draft, block)
    const call = callOf(block)
    if (call !== undefined) draft.calls.push({ ...call, argumentsText: argumentsText(block.input) })
  }
  draft.finish = finishIn(FINISHES, body.stop_reason) ?? 'unknown'
  draft.usage = usageOf(objectOf(body.usage))
  return END
}

function takeEvent(reading: Reading, value: unknown): Taken {
  const event = objectOf(value)
  if (isObject(event.error)) return { kind: 'error', error: readError(event.error) }
  switch (event.type) {
    case 'message_start':
      return takeUsage(reading, objectOf(event.message).usage)
    case 'content_block_start':
      return startBlock(reading, event)
    case 'content_block_delta':
      return takeDelta(reading, event)
    case 'message_delta':
      settleInputs(reading)
      reading.draft.finish = finishIn(FINISHES, objectOf(event.delta).stop_reason) ?? reading.draft.finish
      return takeUsage(reading, event.usage)
    case 'message_stop':
      settleInputs(reading)
      // The message is complete, even without a stop reason.
      reading.draft.finish ??= 'unknown'
      return END
    default:
      return typeof event.type === 'string' ? MORE : UNKNOWN
  }
}

function startBlock({ calls, draft }: Reading, { content_block, index }: JsonObject): Taken {
  const block = objectOf(content_block)
  takeText(draft, block)
  const call = callOf(block)
  if (call === undefined) return MORE
  draft.calls.push(call)
  calls.set(indexOf(index, calls), { call, input: argumentsText(block.input) })
  return MORE
}

function takeDelta({ calls, draft }: Reading, { delta, index }: JsonObject): Taken {
  const piece = objectOf(delta)
  takeText(draft, piece)
  if (piece.partial_json === undefined) return MORE
  const open = typeof index === 'number' ? calls.get(index)?.call : draft.calls.at(-1)
  // A piece for a block that never began goes to the last call.
  const call = open ?? draft.calls.at(-1)
  if (call !== undefined) call.argumentsText += argumentsText(piece.partial_json)
  return MORE
}

/** A call without pieces takes its input from the event that began it. */
function settleInputs({ calls }: Reading): void {
  for (const { call, input } of calls.values()) if (call.argumentsText === '') call.argumentsText = input
}

function takeText(draft: Draft, block: JsonObject): void {
  draft.text += textOf(block.text)
  draft.reasoning += textOf(block.thinking)
}

function callOf({ id, name, type }: JsonObject): DraftCall | undefined {
  return type === 'tool_use' ? { id: textOf(id), name: textOf(name), argumentsText: '' } : undefined
}

function indexOf(index: unknown, calls: ReadonlyMap<number, OpenCall>): number {
  return typeof index === 'number' ? index : -1 - calls.size
}

/** Token counts come with the first event and again later; later counts replace earlier ones. */
function takeUsage(reading: Reading, usage: unknown): Taken {
  const given = Object.entries(objectOf(usage)).filter(([, count]) => countOf(count) !== null)
  reading.usage = { ...reading.usage, ...Object.fromEntries(given) }
  reading.draft.usage = usageOf(reading.usage)
  return MORE
}

/** `input_tokens` excludes tokens read from or written to the cache; our input count includes them. */
function usageOf(usage: JsonObject): Usage | null {
  const [input, output] = [countOf(usage.input_tokens), countOf(usage.output_tokens)]
  if (input === null || output === null) return null
  const cached = countOf(usage.cache_read_input_tokens)
  const written = countOf(usage.cache_creation_input_tokens) ?? 0
  return { inputTokens: input + (cached ?? 0) + written, outputTokens: output, cachedTokens: cached }
}
