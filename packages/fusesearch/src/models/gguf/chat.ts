import type { Message, ToolDefinition } from '../chat.ts'
import { argumentsObject } from '../messages.ts'
import { isObject, type JsonObject, listOf, objectOf, parseJson } from '../shapes.ts'
import type { LlamaMessage } from './engine.ts'

/** The chat in the engine's form: tools in the system prompt, calls as the grammar's JSON, results as text. */
export function toHistory(messages: readonly Message[], tools: readonly ToolDefinition[]): readonly LlamaMessage[] {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content)
  const told = tools.length > 0 ? [...system, toolText(tools)] : system
  const rest = messages.filter(({ role }) => role !== 'system').map(toMessage)
  const first: readonly LlamaMessage[] = told.length > 0 ? [{ type: 'system', text: told.join('\n\n') }] : []
  return [...first, ...merged(rest)]
}

/** Tells the model which form the grammar enforces, so that it writes that form on purpose. */
function toolText(tools: readonly ToolDefinition[]): string {
  return [
    'Tools, each with the JSON schema of its arguments:',
    ...tools.map((tool) => JSON.stringify(tool)),
    'Reply with JSON alone, and leave out optional arguments that you do not need:',
    '{"calls":[{"name":"<tool>","arguments":{…}},…]}',
  ].join('\n')
}

function toMessage(message: Message): LlamaMessage {
  if (message.role === 'tool') return { type: 'user', text: `[result of ${message.name}]\n${message.content}` }
  if (message.role !== 'assistant') return { type: 'user', text: message.content }
  const calls = message.toolCalls.map((call) => ({ name: call.name, arguments: argumentsObject(call) }))
  const written = calls.length > 0 ? JSON.stringify({ calls }) : ''
  return { type: 'model', response: [`${message.content}${written}`] }
}

/** Joins adjacent user messages, since chat templates expect alternating roles. */
function merged(messages: readonly LlamaMessage[]): readonly LlamaMessage[] {
  const sides: LlamaMessage[] = []
  for (const message of messages) {
    const last = sides.at(-1)
    if (last?.type === 'user' && message.type === 'user') {
      sides[sides.length - 1] = { type: 'user', text: `${last.text}\n\n${message.text}` }
    } else sides.push(message)
  }
  return sides
}

/**
 * The calls of a reply that follows the grammar. A reply that was cut off yields the calls before the incomplete one;
 * undefined for a text without calls.
 */
export function callsOf(reply: string): readonly JsonObject[] | undefined {
  for (let end = reply.length, tries = 0; end > 0 && tries < MAX_TRIES; tries++) {
    const value = parseJson(tries === 0 ? reply : `${reply.slice(0, end)}]}`)
    if (isObject(value)) return listOf(value.calls).map(objectOf)
    // The next try ends at the last bracket before this one, which may close a call.
    end = reply.lastIndexOf('}', tries === 0 ? end : end - 2) + 1
  }
  return undefined
}

/** How many brackets from the end to try as the end of the last whole call: arguments contain few. */
const MAX_TRIES = 50
