import { replaceSpans } from '../../../core/index.ts'
import type { ChatReply } from '../../../models/index.ts'
import { parseLooseJson } from './loose-json.ts'

/** Most calls of one reply that are read. */
export const MAX_CALLS_READ = 64
/** Most characters of a reply's text that are read. */
const MAX_TEXT = 200_000

/** A call as the model wrote it; its name and arguments are not checked yet. */
export interface RawCall {
  readonly id: string | undefined
  readonly name: string
  readonly argumentsText: string
}

/** The parts of a reply. */
export interface ReadReply {
  readonly calls: readonly RawCall[]
  /** Number of calls beyond {@link MAX_CALLS_READ}. */
  readonly unread: number
  /** The text outside the calls, without thoughts. */
  readonly prose: string
}

/**
 * Splits a reply into calls and prose. Without native calls, reads calls from the text: `<tool_call>` blocks of Hermes
 * and Qwen, also in the XML form of Qwen's coder models, Mistral's `[TOOL_CALLS]`, or one bare JSON call.
 */
export function readReply(reply: Pick<ChatReply, 'text' | 'toolCalls'>): ReadReply {
  const text = withoutThoughts(reply.text.slice(0, MAX_TEXT))
  const found = reply.toolCalls.length > 0 ? { calls: reply.toolCalls, prose: withoutBlocks(text) } : callsInText(text)
  const { calls, prose } = found
  const unread = Math.max(0, calls.length - MAX_CALLS_READ)
  return { calls: calls.slice(0, MAX_CALLS_READ), unread, prose: prose.trim() }
}

/**
 * The text without `<think>` blocks. A block that never ends extends to the end of the text, except for calls in it; an
 * end without a beginning removes all text before it.
 */
export function withoutThoughts(text: string): string {
  const closed = replaceSpans(text, { start: /<think(?:ing)?>/, end: /<\/think(?:ing)?>/ }, '')
  const afterEnd = closed.slice(endOfLast(closed, /<\/think(?:ing)?>/g))
  const open = afterEnd.search(/<think(?:ing)?>/)
  if (open < 0) return afterEnd
  const call = afterEnd.indexOf('<tool_call>', open)
  return afterEnd.slice(0, open) + (call < 0 ? '' : afterEnd.slice(call))
}

function endOfLast(text: string, pattern: RegExp): number {
  let end = 0
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length
  return end
}

const BLOCK = /<tool_call>([\s\S]*?)(?:<\/tool_call>|(?=<tool_call>)|$)/g
const MISTRAL = /\[TOOL_CALLS\]\s*([\s\S]*)$/

function withoutBlocks(text: string): string {
  return text.replace(BLOCK, '').replace(MISTRAL, '').replaceAll('</tool_call>', '')
}

/** The calls of a text, and the prose without them. */
function callsInText(text: string): Pick<ReadReply, 'calls' | 'prose'> {
  const blocks = [...text.matchAll(BLOCK)].flatMap(([, body = '']) => callsOfBlock(body))
  if (blocks.length > 0) return { calls: blocks, prose: withoutBlocks(text) }
  const mistral = callsOfJson(MISTRAL.exec(text)?.[1] ?? '')
  if (mistral.length > 0) return { calls: mistral, prose: withoutBlocks(text) }
  const bare = bareCalls(text)
  return { calls: bare, prose: bare.length > 0 ? '' : text }
}

function callsOfBlock(body: string): readonly RawCall[] {
  const xml = [...body.matchAll(/<function=([^<>\s]+)>([\s\S]*?)(?:<\/function>|(?=<function=)|$)/g)]
  if (xml.length > 0) return xml.map(([, name = '', parameters = '']) => xmlCall(name, parameters))
  const calls = callsOfJson(body)
  // An unreadable block counts as a call, so that the model is told what is wrong with it.
  return calls.length > 0 || body.trim() === '' ? calls : [{ id: undefined, name: '', argumentsText: body.trim() }]
}

function xmlCall(name: string, text: string): RawCall {
  const parameters = [...text.matchAll(/<parameter=([^<>\s]+)>\n?([\s\S]*?)\n?(?:<\/parameter>|(?=<parameter=)|$)/g)]
  const entries = parameters.map(([, key = '', value = '']) => [key, value] as const)
  return { id: undefined, name, argumentsText: JSON.stringify(Object.fromEntries(entries)) }
}

/** The calls of a reply that is JSON and nothing else, perhaps in a code fence. */
function bareCalls(text: string): readonly RawCall[] {
  const body = withoutFence(text.trim()).trim()
  return body.startsWith('{') || body.startsWith('[') ? callsOfJson(body) : []
}

function withoutFence(text: string): string {
  const lineEnd = text.indexOf('\n')
  const isFenced = /^```(?:json)?\s*$/.test(text.slice(0, Math.max(lineEnd, 0))) && text.endsWith('```')
  return isFenced ? text.slice(lineEnd, -3) : text
}

function callsOfJson(text: string): readonly RawCall[] {
  const value = parseLooseJson(text.trim())?.value
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.flatMap((item) => callOf(item) ?? [])
}

function callOf(item: unknown): RawCall | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const fields = item as Readonly<Record<string, unknown>>
  if (typeof fields.function === 'object') return callOf(fields.function)
  const name = fields.name ?? fields.tool ?? fields.function
  const given = fields.arguments ?? fields.parameters ?? fields.args
  if (typeof name !== 'string' || given === undefined) return undefined
  return { id: undefined, name, argumentsText: typeof given === 'string' ? given : JSON.stringify(given) }
}
