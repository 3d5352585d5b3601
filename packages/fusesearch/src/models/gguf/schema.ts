import type { ToolDefinition } from '../chat.ts'
import { isObject, type JsonObject, listOf, objectOf } from '../shapes.ts'

/** Calls of one turn that the grammar allows. */
export const MAX_CALLS = 8
/** Characters of a text, and items of a list, in arguments: without a bound a weak model never closes them. */
export const MAX_TEXT = 200
export const MAX_ITEMS = 8

/** The schema of a whole reply: a list of calls, each of one of the tools with arguments that fit it. */
export function callsSchema(tools: readonly ToolDefinition[], maxCalls: number): JsonObject {
  const calls = tools.map(({ name, parameters }) => ({
    type: 'object',
    properties: { name: { const: name }, arguments: grammarSchema(parameters) },
  }))
  const items = { type: 'array', minItems: 1, maxItems: maxCalls, items: { oneOf: calls } }
  return { type: 'object', properties: { calls: items } }
}

/**
 * A JSON schema in the part of it that the engine's grammars know. There every property is required: an optional one
 * may be null instead, which {@link withoutNulls} takes out again.
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
 * Arguments without the properties that the model left out by saying null. A number such as 1e999, which the grammar
 * allows, becomes the greatest there is: JSON would write its infinity as null.
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
