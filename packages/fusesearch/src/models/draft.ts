import type { ChatReply, Finish, ToolCall, Usage } from './chat.ts'

/** A call while its pieces come in. */
export interface DraftCall {
  id: string
  name: string
  argumentsText: string
}

/** A reply while its pieces come in. */
export interface Draft {
  text: string
  reasoning: string
  readonly calls: DraftCall[]
  finish: Finish | null
  usage: Usage | null
  /** Set by whoever reads a body: whether it held events. */
  isStreamed?: boolean
}

export function createDraft(): Draft {
  return { text: '', reasoning: '', calls: [], finish: null, usage: null }
}

/** What a finished draft says, without what only the asking knows. */
export type DraftedReply = Pick<ChatReply, 'finish' | 'isStreamed' | 'reasoning' | 'text' | 'toolCalls' | 'usage'>

/** The reply of a draft: ids made unique, missing arguments an empty object, and a reason to end that fits the calls. */
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

/** Text of arguments that may have come as an object: what is no text is written as JSON. */
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

/** The id as given, or with the lowest number that makes it new. */
export function uniqueId(given: string, taken: ReadonlySet<string>): string {
  const base = given === '' ? 'call' : given
  if (given !== '' && !taken.has(base)) return base
  for (let number = taken.size + 1; ; number++) if (!taken.has(`${base}_${number}`)) return `${base}_${number}`
}

/** Many servers say `stop` beside calls, some `tool_calls` without any. */
function fittingFinish(finish: Finish, hasCalls: boolean): Finish {
  if (finish === 'stop' && hasCalls) return 'tool-calls'
  return finish === 'tool-calls' && !hasCalls ? 'stop' : finish
}
