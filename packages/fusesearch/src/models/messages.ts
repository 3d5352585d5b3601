/** Replies while their pieces arrive, and the messages of a chat as they are sent back. */
import type { ChatReply, Finish, Message, ToolCall, Usage } from './chat.ts'
import { isObject, parseJson } from './shapes.ts'

/** A call while its pieces arrive. */
export interface DraftCall {
  id: string
  name: string
  argumentsText: string
}

/** A reply while its pieces arrive. */
export interface Draft {
  text: string
  reasoning: string
  readonly calls: DraftCall[]
  finish: Finish | null
  usage: Usage | null
  /** Whether the body was a stream of events; set by the reader of the body. */
  isStreamed?: boolean
}

export function createDraft(): Draft {
  return { text: '', reasoning: '', calls: [], finish: null, usage: null }
}

/** The part of a reply that a draft holds; the caller adds the time and the retries. */
type DraftedReply = Pick<ChatReply, 'finish' | 'isStreamed' | 'reasoning' | 'text' | 'toolCalls' | 'usage'>

/** The reply of a draft: with unique ids, an empty object for missing arguments, and a finish that fits the calls. */
export function finishDraft(draft: Draft, clean: (text: string) => string): DraftedReply {
  const toolCalls = uniqueCalls(draft.calls, clean)
  return {
    text: clean(draft.text),
    reasoning: clean(draft.reasoning),
    toolCalls,
    finish: fittingFinish(draft.finish ?? 'unknown', toolCalls.length > 0),
    usage: draft.usage,
    ...(draft.isStreamed === undefined ? {} : { isStreamed: draft.isStreamed }),
  }
}

/** The text of arguments; a value that isn't a string is written as JSON. */
export function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value
  return value === null || value === undefined ? '' : JSON.stringify(value)
}

function uniqueCalls(calls: readonly DraftCall[], clean: (text: string) => string): readonly ToolCall[] {
  const taken = new Set<string>()
  return calls.map((call) => {
    const id = uniqueId(clean(call.id), taken)
    taken.add(id)
    const isBare = call.argumentsText.trim() === ''
    return { id, name: clean(call.name), argumentsText: isBare ? '{}' : clean(call.argumentsText) }
  })
}

/** The given id, with a number added if it is taken. */
function uniqueId(given: string, taken: ReadonlySet<string>): string {
  const base = given === '' ? 'call' : given
  if (given !== '' && !taken.has(base)) return base
  for (let number = taken.size + 1; ; number++) if (!taken.has(`${base}_${number}`)) return `${base}_${number}`
}

/** Many servers send `stop` although there are calls, and some send `tool_calls` without any call. */
function fittingFinish(finish: Finish, hasCalls: boolean): Finish {
  if (finish === 'stop' && hasCalls) return 'tool-calls'
  return finish === 'tool-calls' && !hasCalls ? 'stop' : finish
}

/** The name under which malformed arguments are sent back to an endpoint that takes objects only. */
const RAW_ARGUMENTS = 'raw'

/**
 * Arguments as they are sent back: always an object, because some endpoints otherwise refuse the whole request. JSON
 * inside a JSON string is unwrapped; an unreadable text becomes the value of a single property.
 */
export function argumentsObject({ argumentsText: text }: ToolCall): Readonly<Record<string, unknown>> {
  if (text.trim() === '') return {}
  const value = parseJson(text)
  const inner = typeof value === 'string' ? parseJson(value) : value
  return isObject(inner) ? inner : { [RAW_ARGUMENTS]: text }
}

/**
 * Makes call ids unique in the whole chat: some servers number the calls of each reply from 1, and others refuse
 * repeated ids. Later messages never change how earlier ones are sent, so that prompt caches stay valid.
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
