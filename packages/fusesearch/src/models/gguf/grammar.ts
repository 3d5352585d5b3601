import type { ChatRequest, ToolDefinition } from '../chat.ts'
import { isObject, type JsonObject, listOf, objectOf } from '../shapes.ts'

/** Most calls of one reply if the request doesn't say. */
const MAX_CALLS = 8
/** Longest text and list in arguments, in characters and items: without a limit, a weak model never closes them. */
export const MAX_TEXT = 200
export const MAX_ITEMS = 8
/**
 * Most optional properties of an object. A weak model writes them all, in the schema's order, and invents their values.
 */
const MAX_OPTIONAL = 2
/** Most digits of a number: no line or limit has more. */
const MAX_DIGITS = 7

/**
 * The grammar (GBNF) of a whole reply: JSON without white space that lists calls of the request's tools. Optional
 * arguments can be left out. The request's `shape` limits the number of calls; its last tool is called alone.
 */
export function callsGrammar(
  request: Pick<ChatRequest, 'tools' | 'toolChoice' | 'parallelToolCalls' | 'shape'>,
): string {
  const { shape, toolChoice } = request
  const forced = typeof toolChoice === 'object' ? toolChoice.name : undefined
  const rules = new Rules()
  const ruleOf = ({ name, parameters }: ToolDefinition): string => {
    const written = rules.ofSchema(shape?.schemas?.[name] ?? parameters)
    return rules.add(`${literal(`{"name":${JSON.stringify(name)},"arguments":`)} ${written} "}"`)
  }
  const offered = forced === undefined ? request.tools : request.tools.filter(({ name }) => name === forced)
  const last = offered.filter(({ name }) => name === (forced ?? shape?.lastTool))
  const others = offered.filter((tool) => !last.includes(tool))
  const max = request.parallelToolCalls === false ? 1 : (shape?.maxCalls ?? MAX_CALLS)
  const min = Math.min(max, shape?.minCalls ?? 1)
  const bodies = [
    ...(others.length > 0 ? [list(rules.add(others.map(ruleOf).join(' | ')), min, max)] : []),
    ...last.map(ruleOf),
  ]
  return rules.toText(`${literal('{"calls":[')} (${bodies.join(' | ')}) "]}"`)
}

/** Which optional properties may still follow. */
interface Rest {
  readonly from: number
  readonly most: number
  readonly isFirst: boolean
}

/** Numbered rules; equal rules are written once. */
class Rules {
  readonly #names = new Map<string, string>()

  /** The name of a rule with this body. */
  add(body: string): string {
    const name = this.#names.get(body) ?? `rule${this.#names.size + 1}`
    this.#names.set(body, name)
    return name
  }

  toText(root: string): string {
    const rules = [...this.#names].map(([body, name]) => `${name} ::= ${body}`)
    return [`root ::= ${root}`, ...rules, ''].join('\n')
  }

  /** The rule for a value of the schema. */
  ofSchema(schema: JsonObject): string {
    if ('const' in schema) return literal(JSON.stringify(schema.const))
    if (Array.isArray(schema.enum)) return this.add(schema.enum.map((one) => literal(JSON.stringify(one))).join(' | '))
    const choices = [...listOf(schema.anyOf), ...listOf(schema.oneOf)]
    if (choices.length > 0) return this.add(choices.map((one) => this.ofSchema(objectOf(one))).join(' | '))
    if (isObject(schema.properties)) return this.#ofObject(schema.properties, listOf(schema.required))
    switch (schema.type) {
      case 'array': {
        const max = Math.min(MAX_ITEMS, numberOr(schema.maxItems, MAX_ITEMS))
        const min = Math.min(max, numberOr(schema.minItems, 0))
        const items = list(this.ofSchema(objectOf(schema.items)), Math.max(1, min), max)
        return this.add(`"[" ${min === 0 ? `(${items})?` : items} "]"`)
      }
      case 'boolean':
        return this.add('"true" | "false"')
      case 'integer':
        return this.add(`"0" | [1-9] [0-9]{0,${MAX_DIGITS - 1}}`)
      case 'number':
        return this.add(`"-"? ("0" | [1-9] [0-9]{0,${MAX_DIGITS - 1}}) ("." [0-9]{1,${MAX_DIGITS}})?`)
      case 'null':
        return '"null"'
      case 'object':
        return '"{}"'
      default:
        return this.#ofText(schema)
    }
  }

  /** Required properties, then a few of the optional ones, in the order of the schema. */
  #ofObject(properties: JsonObject, required: readonly unknown[]): string {
    const names = Object.keys(properties)
    const write = (name: string): string =>
      `${literal(`${JSON.stringify(name)}:`)} ${this.ofSchema(objectOf(properties[name]))}`
    const must = names.filter((name) => required.includes(name)).map(write)
    const may = names.filter((name) => !required.includes(name)).map(write)
    const first = must.length > 0 ? `${must.join(' "," ')} ` : ''
    return this.add(
      `"{" ${first}${this.#optional(may, { from: 0, most: MAX_OPTIONAL, isFirst: must.length === 0 })} "}"`,
    )
  }

  /** Up to `most` optional properties, from one on and in order. A comma precedes each, except the object's first. */
  #optional(may: readonly string[], { from, most, isFirst }: Rest): string {
    if (most === 0 || from >= may.length) return '""'
    const comma = isFirst ? '' : '"," '
    const choices = may.slice(from).map((one, index) => {
      return `${comma}${one} ${this.#optional(may, { from: from + index + 1, most: most - 1, isFirst: false })}`
    })
    return `${this.add(choices.join(' | '))}?`
  }

  /**
   * A text with only the escapes that JSON needs. So it stays the same when read and written again, and a regular
   * expression's `\b` can't become a backspace.
   */
  #ofText(schema: JsonObject): string {
    const max = Math.min(MAX_TEXT, numberOr(schema.maxLength, MAX_TEXT))
    const min = Math.min(max, numberOr(schema.minLength, 0))
    const character = this.add(String.raw`[^"\\\x7F\x00-\x1F] | "\\" ["\\nrt]`)
    return this.add(String.raw`"\"" ${character}{${min},${max}} "\""`)
  }
}

function list(rule: string, min: number, max: number): string {
  return max <= 1 ? rule : `${rule} ("," ${rule}){${Math.max(0, min - 1)},${max - 1}}`
}

/** A fixed text as a literal of the grammar. */
function literal(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
  return `"${escaped}"`
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 0 ? value : otherwise
}
