import type { Message, ToolDefinition } from '../chat.ts'
import { argumentsObject } from '../history.ts'
import type { LlamaMessage } from './engine.ts'

/** The chat as the engine takes it: tools told in the system prompt, calls as the JSON of the grammar, results as text. */
export function toHistory(messages: readonly Message[], tools: readonly ToolDefinition[]): readonly LlamaMessage[] {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content)
  const told = tools.length > 0 ? [...system, toolText(tools)] : system
  const rest = messages.filter(({ role }) => role !== 'system').map(toMessage)
  const first: readonly LlamaMessage[] = told.length > 0 ? [{ type: 'system', text: told.join('\n\n') }] : []
  return [...first, ...merged(rest)]
}

/** What the grammar makes a model write, said in words: it should mean what it is made to write. */
function toolText(tools: readonly ToolDefinition[]): string {
  return [
    'You can use these tools, each with the JSON schema of its arguments:',
    ...tools.map((tool) => JSON.stringify(tool)),
    'Answer only with JSON that calls one or several of them:',
    '{"calls": [{"name": "<tool>", "arguments": {…}}, …]}',
    'Give null for an argument that you leave out.',
  ].join('\n')
}

function toMessage(message: Message): LlamaMessage {
  if (message.role === 'tool') return { type: 'user', text: `[result of ${message.name}]\n${message.content}` }
  if (message.role !== 'assistant') return { type: 'user', text: message.content }
  const calls = message.toolCalls.map((call) => ({ name: call.name, arguments: argumentsObject(call) }))
  const written = calls.length > 0 ? JSON.stringify({ calls }) : ''
  return { type: 'model', response: [`${message.content}${written}`] }
}

/** Chat templates want the sides to take turns. */
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
