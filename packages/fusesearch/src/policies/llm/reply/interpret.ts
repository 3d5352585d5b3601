import type { ToolDefinition } from '../../../models/index.ts'
import { type Call, parseCall } from '../../../search/index.ts'
import { tidyPath } from '../paths.ts'
import { parseLooseJson } from './loose-json.ts'
import type { RawCall } from './read-reply.ts'

/** The meaning of a model's call. `argumentsText` is always valid JSON. */
export type Interpreted = {
  readonly id: string | undefined
  readonly name: string
  readonly argumentsText: string
  readonly notes: readonly string[]
} & (
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'answer'; readonly value: unknown }
  /** A mistake that only the model can correct; the message is for the model. */
  | { readonly kind: 'problem'; readonly message: string }
)

/** Most characters of the model's text that a message or note quotes. */
const MAX_QUOTED = 200

/** Interprets a call: repairs what is safe to repair and reports the rest. Never throws because of a model's call. */
export async function interpretCall(raw: RawCall, definitions: readonly ToolDefinition[]): Promise<Interpreted> {
  const names = definitions.map(({ name }) => name)
  const name = resolveToolName(raw.name, names)
  const parsed = parseLooseJson(raw.argumentsText.trim() === '' ? '{}' : raw.argumentsText)
  if (name === undefined) {
    const asked =
      raw.name === '' ? `This is no call: ${quote(raw.argumentsText)}` : `There is no tool ${quote(raw.name)}`
    return problem(raw, `${asked}. Call one of ${names.join(', ')}.`)
  }
  const renamed = name === raw.name ? [] : [`the tool ${quote(raw.name)} was read as ${name}`]
  // Some models put the JSON text of the arguments into a JSON string.
  const unwrapped = typeof parsed?.value === 'string' ? parseLooseJson(parsed.value)?.value : parsed?.value
  if (name === 'answer') return answer({ ...raw, name }, parsed === undefined ? raw.argumentsText : unwrapped, renamed)
  if (!isObject(unwrapped)) {
    return problem(
      { ...raw, name },
      `The arguments of ${name} are no JSON object: ${quote(raw.argumentsText)}. Call it again.`,
    )
  }
  const repairs = parsed?.isRepaired ? ['its arguments were not quite JSON and were read by their meaning'] : []
  const schema: ArgumentsSchema = definitions.find((definition) => definition.name === name)?.parameters ?? {}
  const fitted = repairArguments(unwrapped, schema)
  const notes = [...renamed, ...repairs, ...fitted.notes].map((note) => `${name}: ${note}.`)
  const argumentsText = JSON.stringify(fitted.value)
  const checked = await parseCall(name, fitted.value)
  if (!checked.ok) {
    const { message } = checked.observation
    return { kind: 'problem', id: raw.id, name, argumentsText, notes: [...notes, message], message }
  }
  return { kind: 'call', id: raw.id, name, argumentsText, notes, call: tidyCall(checked.call) }
}

/** Puts paths into the tools' form; lines after a colon become the range. */
function tidyCall(call: Call): Call {
  if (call.tool !== 'read_file') return call
  const { path, startLine, endLine } = call.arguments
  const [, plain = path, from, to] = /^(.+?\.\w+):(\d+)(?:-(\d+))?$/.exec(path) ?? []
  const tidied = { path: tidyPath(plain) }
  if (from === undefined || startLine !== undefined || endLine !== undefined) {
    return { tool: 'read_file', arguments: { ...call.arguments, ...tidied } }
  }
  const [first, last] = [Math.max(1, Number(from)), Math.max(1, Number(to ?? from))]
  return {
    tool: 'read_file',
    arguments: { ...tidied, startLine: Math.min(first, last), endLine: Math.max(first, last) },
  }
}

function answer(raw: RawCall, value: unknown, notes: readonly string[]): Interpreted {
  return { kind: 'answer', id: raw.id, name: raw.name, argumentsText: jsonOf(value), notes, value }
}

function problem(raw: RawCall, message: string): Interpreted {
  const value = parseLooseJson(raw.argumentsText)?.value
  const name = /^[\w-]{1,64}$/.test(raw.name) ? raw.name : 'unknown'
  return {
    kind: 'problem',
    id: raw.id,
    name,
    argumentsText: isObject(value) ? jsonOf(value) : '{}',
    notes: [message],
    message,
  }
}

function jsonOf(value: unknown): string {
  return isObject(value) ? JSON.stringify(value) : '{}'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function quote(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text)
}

/** Names of the tools in harnesses in which models were trained. */
const TOOL_ALIASES: Readonly<Record<string, string>> = {
  readfile: 'read_file',
  read: 'read_file',
  view: 'read_file',
  view_file: 'read_file',
  open_file: 'read_file',
  cat: 'read_file',
  rg: 'grep',
  ripgrep: 'grep',
  grep_search: 'grep',
  search: 'grep',
  find: 'glob',
  find_files: 'glob',
  list_files: 'glob',
  final_answer: 'answer',
  finish: 'answer',
  submit: 'answer',
}

/** The tool that a name means: exactly, without a namespace, in lower case, or as another harness calls it. */
function resolveToolName(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return name
  const plain = name
    .trim()
    .replace(/^.*[.:/]/, '')
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
  const meant = known.includes(plain) ? plain : Object.hasOwn(TOOL_ALIASES, plain) ? TOOL_ALIASES[plain] : undefined
  return meant !== undefined && known.includes(meant) ? meant : undefined
}

/** The part of a tool's JSON schema that repair uses. */
interface ArgumentsSchema {
  readonly properties?: Readonly<Record<string, PropertySchema>>
}

interface PropertySchema {
  readonly type?: unknown
  readonly maximum?: unknown
}

/** Arguments after repair, and what was changed in them. */
interface RepairedArguments {
  readonly value: Readonly<Record<string, unknown>>
  readonly notes: readonly string[]
}

/** Other names for arguments; a tool accepts those for its own arguments. */
const ARGUMENT_ALIASES: Readonly<Record<string, readonly string[]>> = {
  path: ['file', 'filepath', 'filename', 'targetfile'],
  pattern: ['query', 'regex', 'regexp', 'search', 'text'],
  patterns: ['pattern', 'glob', 'globs', 'globpattern', 'path', 'paths'],
  globs: ['glob', 'include', 'includes', 'includepattern', 'path', 'paths', 'file', 'files'],
  ignoreCase: ['caseinsensitive', 'insensitive', 'i'],
  literal: ['fixedstrings', 'fixed', 'isliteral'],
  headLimit: ['limit', 'maxresults', 'maxcount', 'maxlines'],
  startLine: ['start', 'from', 'linestart', 'offset', 'begin'],
  endLine: ['end', 'to', 'lineend'],
}

/**
 * Repairs arguments whose meaning is clear: other spellings of names, quoted numbers and booleans, a string for a list,
 * lines in the wrong order. Drops unknown arguments, with a note. The schema refuses what is still wrong.
 */
function repairArguments(given: Readonly<Record<string, unknown>>, schema: ArgumentsSchema): RepairedArguments {
  const properties = schema.properties ?? {}
  const notes: string[] = []
  const value: Record<string, unknown> = {}
  for (const [name, raw] of Object.entries(given)) {
    if (raw === null || raw === undefined) continue
    const key = keyOf(name, { properties, given })
    const property = key === undefined ? undefined : properties[key]
    if (key === undefined || property === undefined) {
      notes.push(`the argument ${JSON.stringify(name.slice(0, 40))} does not exist and was left out`)
      continue
    }
    const fitting = fit(raw, property)
    if (key !== name) notes.push(`the argument ${JSON.stringify(name.slice(0, 40))} was read as ${key}`)
    else if (fitting !== raw) notes.push(`the argument ${key} was brought into its type`)
    value[key] = fitting
  }
  return { value: ordered(value, notes), notes }
}

interface Names {
  readonly properties: Readonly<Record<string, PropertySchema>>
  readonly given: Readonly<Record<string, unknown>>
}

function keyOf(name: string, { properties, given }: Names): string | undefined {
  if (Object.hasOwn(properties, name)) return name
  const plain = name.replaceAll(/[_\s-]+/g, '').toLowerCase()
  const free = Object.keys(properties).filter((key) => !Object.hasOwn(given, key))
  return (
    free.find((key) => key.toLowerCase() === plain) ??
    free.find((key) => Object.hasOwn(ARGUMENT_ALIASES, key) && ARGUMENT_ALIASES[key]?.includes(plain))
  )
}

function fit(raw: unknown, { type, maximum }: PropertySchema): unknown {
  if (type === 'integer') return fitInteger(raw, maximum)
  if (type === 'boolean') return fitBoolean(raw)
  if (type === 'array') return fitList(raw)
  if (type === 'string' && typeof raw === 'string') return fitText(raw)
  return raw
}

function fitInteger(raw: unknown, maximum: unknown): unknown {
  const number = typeof raw === 'string' && /^\s*-?\d+(?:\.0+)?\s*$/.test(raw) ? Number(raw) : raw
  return typeof number === 'number' && typeof maximum === 'number' && number > maximum ? maximum : number
}

function fitBoolean(raw: unknown): unknown {
  if (raw === 1 || raw === 0) return raw === 1
  if (typeof raw !== 'string') return raw
  const word = raw.trim().toLowerCase()
  if (word === 'true' || word === 'yes') return true
  return word === 'false' || word === 'no' ? false : raw
}

function fitList(raw: unknown): unknown {
  if (typeof raw !== 'string') return raw
  if (raw.trim().startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(raw)
      if (Array.isArray(parsed)) return parsed
    } catch {
      // Not a list: a pattern may begin with a bracket.
    }
  }
  return [raw]
}

/** In JSON `"\b"` is a backspace; the model meant a word boundary. */
function fitText(raw: string): string {
  return raw.replaceAll('\u0008', String.raw`\b`)
}

/** Corrects lines below 1 and an end before its start. */
function ordered(value: Record<string, unknown>, notes: string[]): Record<string, unknown> {
  const { startLine, endLine, headLimit } = value
  if (typeof startLine === 'number' && startLine < 1) value.startLine = 1
  if (typeof headLimit === 'number' && headLimit < 1) delete value.headLimit
  if (typeof endLine === 'number' && endLine < 1) delete value.endLine
  else if (typeof startLine === 'number' && typeof endLine === 'number' && startLine > endLine) {
    Object.assign(value, { startLine: endLine, endLine: Math.max(1, startLine) })
    notes.push('startLine and endLine were the wrong way round')
  }
  return value
}
