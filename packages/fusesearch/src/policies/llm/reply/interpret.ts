import { trimOf } from '../../../core/index.ts'
import type { ToolDefinition } from '../../../models/index.ts'
import { type Call, parseCall } from '../../../search/index.ts'
import { parseLooseJson } from './loose-json.ts'
import type { RawCall } from './read-reply.ts'
import { type ArgumentsSchema, repairArguments } from './repair-arguments.ts'
import { resolveToolName } from './tool-name.ts'

/** What a model's call means. `argumentsText` is valid JSON whatever the model wrote. */
export type Interpreted = {
  readonly id: string | undefined
  readonly name: string
  readonly argumentsText: string
  readonly notes: readonly string[]
} & (
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'answer'; readonly value: unknown }
  /** Wrong in a way that only the model can mend; the message is for it. */
  | { readonly kind: 'problem'; readonly message: string }
)

/** Characters of a model's own words that a message or a note quotes. */
const MAX_QUOTED = 200

/** Interprets a call: repairs what is safe to repair and says what is not. Never throws for what a model wrote. */
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
  // Arguments that were put into a string twice.
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

/** Paths as the tools take them: no `./`, no backslash, no leading slash, and lines behind a colon as a range. */
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

/** A path below the root, however it was written. */
export function tidyPath(path: string): string {
  const tidied = trimOf(path.trim(), '`\'"')
    .replaceAll('\\', '/')
    .replaceAll(/\/{2,}/g, '/')
    .replace(/^(?:\.\/)+/, '')
    .replace(/^\/+/, '')
  return tidied === '' ? path : tidied
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
