import { FuseSearchError } from '../core/index.ts'
import type { ChatReply, ChatRequest, ToolDefinition } from './chat.ts'
import { refusalKind } from './failure.ts'
import { type ChatModelOptions, createChatModel, type EndpointModel } from './model.ts'

/** Whether an endpoint has one ability. */
export interface Finding {
  readonly name:
    | 'reachable'
    | 'model'
    | 'usage'
    | 'sampling'
    | 'streaming'
    | 'tool calls'
    | 'parallel calls'
    | 'text calls'
    | 'cached tokens'
  /** `unknown`: the replies don't show it. */
  readonly state: 'yes' | 'no' | 'unknown'
  readonly fact: string
  /** True if a search needs this ability. */
  readonly isNeeded: boolean
}

/** Options of {@link probeModel}, which chooses retries and streaming itself. */
export type ProbeOptions = Omit<ChatModelOptions, 'retries' | 'streaming'>

const TOOL: ToolDefinition = {
  name: 'read_file',
  description: 'Reads a file.',
  parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
}

const PLAIN: ChatRequest = {
  messages: [{ role: 'user', content: 'Answer with the one word: ready' }],
  tools: [],
  temperature: 0,
  seed: 1,
  maxTokens: 512,
}

const TASK = 'Read the two files a.py and b.py, both in this one turn. Call the tool; write nothing else.'
/** Long enough for endpoints to cache it, which they do from 1,024 tokens on. */
const PREFIX = `You read files with tools.\n${Array.from({ length: 400 }, (_, line) => `Rule ${line}: be exact.`).join('\n')}`

const NATIVE: ChatRequest = {
  messages: [
    { role: 'system', content: PREFIX },
    { role: 'user', content: TASK },
  ],
  tools: [TOOL],
  toolChoice: 'auto',
  parallelToolCalls: true,
  temperature: 0,
  seed: 1,
  maxTokens: 1_024,
}

const TEXT: ChatRequest = {
  messages: [
    {
      role: 'system',
      content: `You have a tool: ${JSON.stringify({ type: 'function', function: TOOL })}
Call it by writing <tool_call>{"name": "read_file", "arguments": {"path": "…"}}</tool_call>, once for each call.`,
    },
    { role: 'user', content: TASK },
  ],
  tools: [],
  temperature: 0,
  maxTokens: 1_024,
}

/**
 * Tests an endpoint's abilities with three or four small requests, about 6,000 tokens in all, and yields each finding
 * as soon as it has it. Stops early if the endpoint or the model doesn't answer. Rejects if the signal aborts, with its
 * reason.
 */
export async function* probeModel(options: ProbeOptions, signal: AbortSignal): AsyncGenerator<Finding> {
  const retries = { attempts: 1 }
  const whole = createChatModel({ ...options, retries, streaming: false })
  const streamed = createChatModel({ ...options, retries, streaming: true })
  try {
    const plain = await ask(whole, PLAIN, signal)
    yield* findAnswer(plain, whole)
    if (!plain.ok) return
    yield* findTools(streamed, signal)
  } finally {
    await whole.close()
    await streamed.close()
  }
}

/** True if the findings show that the model can drive a search. */
export function isUsable(findings: readonly Finding[]): boolean {
  const has = (name: Finding['name']): boolean => findings.some((one) => one.name === name && one.state === 'yes')
  return has('model') && (has('tool calls') || has('text calls'))
}

type Asked = { readonly ok: true; readonly reply: ChatReply } | { readonly ok: false; readonly error: FuseSearchError }

async function ask(model: EndpointModel, request: ChatRequest, signal: AbortSignal): Promise<Asked> {
  try {
    return { ok: true, reply: await model.complete(request, signal) }
  } catch (error) {
    if (error instanceof FuseSearchError) return { ok: false, error }
    throw error
  }
}

function* findAnswer(asked: Asked, model: EndpointModel): Generator<Finding> {
  if (!asked.ok) {
    const { code, message } = asked.error
    const isThere = code === 'model-refused' || code === 'model-reply-bad'
    yield needed('reachable', isThere ? 'yes' : 'no', isThere ? 'something answers' : message)
    if (isThere) yield needed('model', 'no', message)
    return
  }
  const { ms, usage } = asked.reply
  yield needed('reachable', 'yes', `answered in ${(ms / 1_000).toFixed(2)} s`)
  yield needed('model', 'yes', `${model.name} is known`)
  const counts = usage === null ? 'tokens are not counted' : `${usage.inputTokens} in, ${usage.outputTokens} out`
  yield optional('usage', usage === null ? 'no' : 'yes', counts)
  const refused = model.refused().filter((name) => name === 'seed' || name === 'temperature')
  // Anthropic's format has no seed, so none was sent.
  const sent = model.endpoint.startsWith('anthropic')
    ? 'temperature is taken; this form has no seed'
    : 'seed and temperature are taken'
  yield optional(
    'sampling',
    refused.length === 0 ? 'yes' : 'no',
    refused.length === 0 ? sent : `takes no ${refused.join(', no ')}`,
  )
}

async function* findTools(model: EndpointModel, signal: AbortSignal): AsyncGenerator<Finding> {
  const first = await ask(model, NATIVE, signal)
  const calls = first.ok ? first.reply.toolCalls.filter(({ name }) => name === TOOL.name).length : 0
  yield* findStreaming(first)
  if (!first.ok) yield optional('tool calls', 'no', first.error.message)
  else if (calls === 0) yield optional('tool calls', 'no', 'tools are taken, but none was called')
  else yield* findParallel(calls, model)
  if (calls === 0) yield await findTextCalls(model, signal)
  if (first.ok) yield findCache(await ask(model, NATIVE, signal))
}

function* findStreaming(asked: Asked): Generator<Finding> {
  if (asked.ok && asked.reply.isStreamed === false)
    yield optional('streaming', 'no', 'the reply came in one piece: a request for a stream is not heeded')
  else if (asked.ok) yield optional('streaming', 'yes', 'the reply came as events')
  else if (refusalKind(asked.error) === 'tools')
    yield optional('streaming', 'unknown', 'the request was refused for its tools')
  else yield optional('streaming', 'no', asked.error.message)
}

function* findParallel(calls: number, model: EndpointModel): Generator<Finding> {
  yield optional('tool calls', 'yes', `${TOOL.name} was called`)
  const isTaken = !model.refused().includes('parallel_tool_calls')
  const hint = isTaken ? '' : '; parallel_tool_calls is not taken, so that breadth can only be asked for in words'
  yield optional('parallel calls', calls > 1 ? 'yes' : 'no', `${calls} of 2 calls in one turn${hint}`)
}

async function findTextCalls(model: EndpointModel, signal: AbortSignal): Promise<Finding> {
  const asked = await ask(model, TEXT, signal)
  if (!asked.ok) return optional('text calls', 'no', asked.error.message)
  const isThere = asked.reply.text.includes('<tool_call>') && asked.reply.text.includes(TOOL.name)
  const fact = isThere ? 'calls are written as <tool_call> in the text' : 'no <tool_call> was written when asked for'
  return optional('text calls', isThere ? 'yes' : 'no', fact)
}

/** Reads the reply to the second of two equal requests. */
function findCache(asked: Asked): Finding {
  const cached = asked.ok ? asked.reply.usage?.cachedTokens : null
  if (cached === null || cached === undefined) return optional('cached tokens', 'unknown', 'they are not counted')
  const fact = `${cached} of ${asked.ok ? asked.reply.usage?.inputTokens : 0} tokens the second time`
  return optional('cached tokens', cached > 0 ? 'yes' : 'no', fact)
}

function needed(name: Finding['name'], state: Finding['state'], fact: string): Finding {
  return { name, state, fact, isNeeded: true }
}

function optional(name: Finding['name'], state: Finding['state'], fact: string): Finding {
  return { name, state, fact, isNeeded: false }
}
