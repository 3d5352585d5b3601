import type { Message, ToolCall } from './chat.ts'
import { uniqueId } from './draft.ts'
import { isObject, parseJson } from './shapes.ts'

/** The name under which malformed arguments are sent back to an endpoint that takes objects only. */
const RAW_ARGUMENTS = 'raw'

/**
 * Arguments as an endpoint takes them back: always an object, since some fail the whole request over one that isn't.
 * A JSON text in a JSON text is unwrapped; what can't be read is kept as text under one name.
 */
export function argumentsObject({ argumentsText: text }: ToolCall): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {}
  const value = parseJson(text)
  const inner = typeof value === 'string' ? parseJson(value) : value
  return isObject(inner) ? inner : { [RAW_ARGUMENTS]: text }
}

/**
 * The chat with ids of calls that are unique in all of it: servers that count the calls of each reply from 1 give the
 * same ones every turn, which others refuse. What stands earlier never changes by what follows: prompt caches hold.
 */
export function withUniqueIds(messages: readonly Message[]): readonly Message[] {
  const taken = new Set<string>()
  let renamed = new Map<string, string>()
  return messages.map((message) => {
    if (message.role === 'tool') return { ...message, callId: renamed.get(message.callId) ?? message.callId }
    if (message.role !== 'assistant' || message.toolCalls.length === 0) return message
    renamed = new Map()
    const toolCalls = message.toolCalls.map((call) => {
      const id = uniqueId(call.id, taken)
      taken.add(id)
      renamed.set(call.id, id)
      return { ...call, id }
    })
    return { ...message, toolCalls }
  })
}
