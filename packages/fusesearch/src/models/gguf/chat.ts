import type { Message, ToolDefinition } from '../chat.ts'
import { argumentsObject } from '../messages.ts'
import { isObject, type JsonObject, listOf, objectOf } from '../shapes.ts'
import type { LlamaMessage } from './engine.ts'

/** The chat as the engine takes it: tools in the system prompt, calls as the grammar's JSON, results as text. */
export function toHistory(messages: readonly Message[], tools: readonly ToolDefinition[]): readonly LlamaMessage[] {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content)
  const told = tools.length > 0 ? [...system, toolText(tools)] : system
  const rest = messages.filter(({ role }) => role !== 'system').map(toMessage)
  const first: readonly LlamaMessage[] = told.length > 0 ? [{ type: 'system', text: told.join('\n\n') }] : []
  return [...first, ...merged(rest)]
}

/** Describes to the model what the grammar makes it write, so that it means what it writes. */
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

/** Joins neighbouring user messages: chat templates expect the roles to alternate. */
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

/** The most calls of one turn that the grammar allows. */
export const MAX_CALLS = 8
/** The longest text and list in arguments, in characters and items: without a limit a weak model never closes them. */
export const MAX_TEXT = 200
export const MAX_ITEMS = 8

/** The schema of a whole reply: a list of calls, each of one tool with arguments of its schema. */
export function callsSchema(tools: readonly ToolDefinition[], maxCalls: number): JsonObject {
  const calls = tools.map(({ name, parameters }) => ({
    type: 'object',
    properties: { name: { const: name }, arguments: grammarSchema(parameters) },
  }))
  const items = { type: 'array', minItems: 1, maxItems: maxCalls, items: { oneOf: calls } }
  return { type: 'object', properties: { calls: items } }
}

/**
 * A JSON schema reduced to what the engine's grammars know. They require every property, so an optional one may be
 * null instead; {@link withoutNulls} takes it out again.
 */
export function grammarSchema(schema: JsonObject): JsonObject {
  if ('const' in schema) return { const: schema.const }
  if (Array.isArray(schema.enum)) return { enum: schema.enum }
  const choices = [...listOf(schema.anyOf), ...listOf(schema.oneOf)]
  if (choices.length > 0) return { oneOf: choices.map((one) => grammarSchema(objectOf(one))) }
  if (isObject(schema.properties)) return objectSchema(schema.properties, listOf(schema.required))
  switch (schema.type) {
    case 'array': {
      const maxItems = Math.min(MAX_ITEMS, numberOr(schema.maxItems, MAX_ITEMS))
      const minItems = Math.min(maxItems, numberOr(schema.minItems, 0))
      return { type: 'array', items: grammarSchema(objectOf(schema.items)), minItems, maxItems }
    }
    case 'boolean':
    case 'integer':
    case 'null':
    case 'number':
      return { type: schema.type }
    case 'object':
      return { type: 'object', properties: {} }
    default: {
      const maxLength = Math.min(MAX_TEXT, numberOr(schema.maxLength, MAX_TEXT))
      const minLength = Math.min(maxLength, numberOr(schema.minLength, 0))
      return { type: 'string', ...(minLength > 0 ? { minLength } : {}), maxLength }
    }
  }
}

/**
 * Arguments without the properties that are null. A number such as 1e999, which the grammar allows, becomes the
 * greatest number there is: JSON would write infinity as null.
 */
export function withoutNulls(value: unknown): unknown {
  if (value === Infinity || value === -Infinity) return Math.sign(value) * Number.MAX_VALUE
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (!isObject(value)) return value
  const said = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(said.map(([name, inner]) => [name, withoutNulls(inner)]))
}

function objectSchema(properties: JsonObject, required: readonly unknown[]): JsonObject {
  const entries = Object.entries(properties).map(([name, inner]) => {
    const schema = grammarSchema(objectOf(inner))
    return [name, required.includes(name) ? schema : { oneOf: [schema, { type: 'null' }] }]
  })
  return { type: 'object', properties: Object.fromEntries(entries) }
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? value : otherwise
}
