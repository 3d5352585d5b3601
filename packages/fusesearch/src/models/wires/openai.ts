import { trimEndOf } from '../../core/index.ts'
import type { ChatRequest, Message } from '../chat.ts'
import { argumentsObject, withUniqueIds } from '../history.ts'
import type { JsonObject } from '../shapes.ts'
import { readOpenai } from './openai-reply.ts'
import type { BodySettings, Parameter, Wire } from './wire.ts'

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

/** Chat completions, as OpenAI, vLLM, SGLang, Ollama, llama.cpp, LM Studio and OpenRouter have them. */
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
