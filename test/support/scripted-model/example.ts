import { isObject, type JsonObject, listOf, objectOf } from '../../../packages/fusesearch/src/models/shapes.ts'
import type { Exchange } from './exchange.ts'
import type { ScriptedCall, ScriptedTool } from './script.ts'

const ANSWER_NAME = /answer|submit|finish|final/i
/** What stands in for the tools of a request that names none: its model is told of them in the text. */
const SEARCH: ScriptedTool = {
  name: 'grep',
  parameters: { type: 'object', properties: { pattern: { type: 'string' } } },
}
const ANSWER: ScriptedTool = {
  name: 'answer',
  parameters: { type: 'object', properties: { files: { type: 'array', items: { properties: { path: {} } } } } },
}

/** Calls to spoil: those of the script, or one that fits the request's first tool. */
export function callsToSpoil({ reply, request }: Exchange): readonly ScriptedCall[] {
  const { calls = [] } = reply
  return calls.length > 0 ? calls : [searchCall(request.tools, 'def')]
}

/** A call of the first tool that isn't the answer, with a text of the caller's. */
export function searchCall(tools: readonly ScriptedTool[], text: string): ScriptedCall {
  const tool = tools.find(({ name }) => !ANSWER_NAME.test(name)) ?? SEARCH
  return { name: tool.name, arguments: exampleOf(tool.parameters, text) }
}

/** A call of the answer tool whose every path is the given one; made up from the tool's schema. */
export function answerCall(tools: readonly ScriptedTool[], path: string): ScriptedCall {
  const tool = tools.find(({ name }) => ANSWER_NAME.test(name)) ?? ANSWER
  return { name: tool.name, arguments: exampleOf(tool.parameters, path) }
}

/** A value that a JSON schema allows, with `text` for every text; all properties are there, lists hold one item. */
export function exampleOf(schema: JsonObject, text: string): unknown {
  const [choice] = [...listOf(schema.enum), ...listOf(schema.anyOf).map((one) => exampleOf(objectOf(one), text))]
  if (choice !== undefined) return choice
  if (isObject(schema.properties)) {
    const entries = Object.entries(schema.properties)
    return Object.fromEntries(entries.map(([name, inner]) => [name, exampleOf(objectOf(inner), text)]))
  }
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case 'array':
      return [exampleOf(objectOf(schema.items), text)]
    case 'boolean':
      return true
    case 'integer':
    case 'number':
      return typeof schema.minimum === 'number' ? schema.minimum : 1
    case 'object':
      return {}
    default:
      return text
  }
}
