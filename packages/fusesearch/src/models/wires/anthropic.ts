import { trimEndOf } from '../../core/index.ts'
import type { ChatRequest, Message, ToolDefinition } from '../chat.ts'
import { argumentsObject, withUniqueIds } from '../history.ts'
import { DEFAULT_MAX_TOKENS } from '../limits.ts'
import { isObject, type JsonObject } from '../shapes.ts'
import { readAnthropic } from './anthropic-reply.ts'
import type { BodySettings, Parameter, Wire } from './wire.ts'

const SUFFIX = '/v1/messages'
const VERSION = '2023-06-01'

/** Anthropic's messages. */
export const anthropicWire: Wire = {
  name: 'anthropic',
  defaultBaseUrl: 'https://api.anthropic.com',
  // What invalidates what: platform.claude.com, "Tool use with prompt caching".
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

/** Turns alternate here: what follows on one another with the same role is one, so all results of a turn are too. */
function toTurns(messages: readonly Message[]): readonly Turn[] {
  const turns: Turn[] = []
  for (const message of messages) {
    const role = message.role === 'assistant' ? 'assistant' : 'user'
    const last = turns.at(-1)
    if (last?.role === role) last.content.push(...toBlocks(message))
    else turns.push({ role, content: toBlocks(message) })
  }
  // Neither an empty text nor an empty turn is taken.
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

/** Only these characters are taken in an id; ids of other servers hold more. */
function toId(id: string): string {
  return id.replace(/[^\w-]/g, '_')
}

interface Prefixes {
  readonly system: readonly Block[]
  readonly tools: readonly Block[]
  readonly messages: readonly Turn[]
}

/**
 * Marks what the cache may keep: tools and system, and the chat up to its last two turns of the user, since a turn of
 * many calls is longer than the 20 blocks that the look-back from one mark reaches.
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
