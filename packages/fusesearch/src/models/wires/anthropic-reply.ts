import type { Finish, Usage } from '../chat.ts'
import { argumentsText, createDraft, type Draft, type DraftCall } from '../draft.ts'
import { countOf, isObject, type JsonObject, objectOf, textOf } from '../shapes.ts'
import { END, MORE, type ReplyReader, readError, type Taken, UNKNOWN } from './wire.ts'

const FINISHES: Readonly<Record<string, Finish>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'filtered',
}

/** A reply and what its events still need: the open calls by block, and the counts that come in two parts. */
interface Reading {
  readonly draft: Draft
  readonly calls: Map<number, OpenCall>
  usage: JsonObject
}

interface OpenCall {
  readonly call: DraftCall
  /** The input that the block began with; pieces replace it. */
  readonly input: string
}

/** Reads messages, whole or as events. */
export function readAnthropic(): ReplyReader {
  const reading: Reading = { draft: createDraft(), calls: new Map(), usage: {} }
  return {
    draft: reading.draft,
    takeBody: (value) => takeBody(reading, value),
    takeEvent: (value) => takeEvent(reading, value),
  }
}

function takeBody({ draft }: Reading, value: unknown): Taken {
  const body = objectOf(value)
  if (isObject(body.error)) return { kind: 'error', error: readError(body.error) }
  if (!Array.isArray(body.content)) return UNKNOWN
  for (const block of body.content.map(objectOf)) {
    takeText(draft, block)
    const call = callOf(block)
    if (call !== undefined) draft.calls.push({ ...call, argumentsText: argumentsText(block.input) })
  }
  draft.finish = finishOf(body.stop_reason) ?? 'unknown'
  draft.usage = usageOf(objectOf(body.usage))
  return END
}

function takeEvent(reading: Reading, value: unknown): Taken {
  const event = objectOf(value)
  if (isObject(event.error)) return { kind: 'error', error: readError(event.error) }
  switch (event.type) {
    case 'message_start':
      return takeUsage(reading, objectOf(event.message).usage)
    case 'content_block_start':
      return startBlock(reading, event)
    case 'content_block_delta':
      return takeDelta(reading, event)
    case 'message_delta':
      settleInputs(reading)
      reading.draft.finish = finishOf(objectOf(event.delta).stop_reason) ?? reading.draft.finish
      return takeUsage(reading, event.usage)
    case 'message_stop':
      settleInputs(reading)
      // Its own word for the end: a message without a reason to stop is whole all the same.
      reading.draft.finish ??= 'unknown'
      return END
    default:
      return typeof event.type === 'string' ? MORE : UNKNOWN
  }
}

function startBlock({ calls, draft }: Reading, { content_block, index }: JsonObject): Taken {
  const block = objectOf(content_block)
  takeText(draft, block)
  const call = callOf(block)
  if (call === undefined) return MORE
  draft.calls.push(call)
  calls.set(indexOf(index, calls), { call, input: argumentsText(block.input) })
  return MORE
}

function takeDelta({ calls, draft }: Reading, { delta, index }: JsonObject): Taken {
  const piece = objectOf(delta)
  takeText(draft, piece)
  if (piece.partial_json === undefined) return MORE
  const open = typeof index === 'number' ? calls.get(index)?.call : draft.calls.at(-1)
  // A piece of a block that never began still says what the model wants; it goes to the last call.
  const call = open ?? draft.calls.at(-1)
  if (call !== undefined) call.argumentsText += argumentsText(piece.partial_json)
  return MORE
}

/** A call without pieces has its input in the event that began it. */
function settleInputs({ calls }: Reading): void {
  for (const { call, input } of calls.values()) if (call.argumentsText === '') call.argumentsText = input
}

function takeText(draft: Draft, block: JsonObject): void {
  draft.text += textOf(block.text)
  draft.reasoning += textOf(block.thinking)
}

function callOf({ id, name, type }: JsonObject): DraftCall | undefined {
  return type === 'tool_use' ? { id: textOf(id), name: textOf(name), argumentsText: '' } : undefined
}

function indexOf(index: unknown, calls: ReadonlyMap<number, OpenCall>): number {
  return typeof index === 'number' ? index : -1 - calls.size
}

function finishOf(reason: unknown): Finish | undefined {
  if (reason === null || reason === undefined) return undefined
  return FINISHES[textOf(reason)] ?? 'unknown'
}

/** Counts come with the first event and grow with a later one: what the later has replaces what the first had. */
function takeUsage(reading: Reading, usage: unknown): Taken {
  const given = Object.entries(objectOf(usage)).filter(([, count]) => countOf(count) !== null)
  reading.usage = { ...reading.usage, ...Object.fromEntries(given) }
  reading.draft.usage = usageOf(reading.usage)
  return MORE
}

/** `input_tokens` leaves out what the cache gave and took; here it is all that the model was shown. */
function usageOf(usage: JsonObject): Usage | null {
  const [input, output] = [countOf(usage.input_tokens), countOf(usage.output_tokens)]
  if (input === null || output === null) return null
  const cached = countOf(usage.cache_read_input_tokens)
  const written = countOf(usage.cache_creation_input_tokens) ?? 0
  return { inputTokens: input + (cached ?? 0) + written, outputTokens: output, cachedTokens: cached }
}
