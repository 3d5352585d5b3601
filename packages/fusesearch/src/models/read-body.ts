import { createParser } from 'eventsource-parser'
import { badReply, broken, type Failure } from './failure.ts'
import { FINISH_GRACE_MS, MAX_ERROR_BYTES, MAX_EVENT_LENGTH, QUIET_END_MS } from './limits.ts'
import type { Draft } from './messages.ts'
import { failureOfError, notAReply } from './refusals.ts'
import { parseJson } from './shapes.ts'
import type { ReplyReader, Taken } from './wires/wire.ts'

/** The result of an attempt: a reply, or why there is none. */
export type Attempted = { readonly ok: true; readonly draft: Draft } | { readonly ok: false; readonly failure: Failure }

/**
 * Reads a body into a reply. The start of the body decides whether it is one JSON object or a stream of events, since
 * endpoints may answer in the form that was not requested, with any content type.
 */
export async function readBody(
  chunks: AsyncIterable<Uint8Array>,
  reader: ReplyReader,
  hasTools: boolean,
): Promise<Attempted> {
  // The decoder drops a byte order mark, holds back incomplete characters, and never throws.
  const decoder = new TextDecoder()
  const reading = createReading(reader, hasTools)
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    for (;;) {
      const next = reader.draft.finish === null ? await iterator.next() : await within(FINISH_GRACE_MS, iterator.next())
      if (next === undefined) return { ok: true, draft: reader.draft }
      if (next.done === true) return reading.push(decoder.decode()) ?? reading.end()
      const result = reading.push(decoder.decode(next.value, { stream: true }))
      if (result === undefined) continue
      // Only a response that was read to its end returns its connection; usually the end has already arrived.
      await within(QUIET_END_MS, iterator.next())
      return result
    }
  } catch (error) {
    // The reply was complete before the connection broke; at most its usage is missing.
    if (reader.draft.finish !== null) return { ok: true, draft: reader.draft }
    throw error
  }
}

/** The value of a promise, or undefined when it takes longer. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

interface Reading {
  push(text: string): Attempted | undefined
  end(): Attempted
}

function createReading(reader: ReplyReader, hasTools: boolean): Reading {
  const pieces: string[] = []
  let form: 'events' | 'text' | undefined
  let start = ''
  const takeEvents = createEventTaker((data) => takeEvent(data, reader, hasTools))
  return {
    push: (text) => {
      if (form === 'text') pieces.push(text)
      if (form === 'events') return takeEvents(text)
      if (form !== undefined) return undefined
      start = (start + text).trimStart()
      form = formOf(start)
      if (form !== undefined) reader.draft.isStreamed = form === 'events'
      if (form === 'text') pieces.push(start)
      return form === 'events' ? takeEvents(start) : undefined
    },
    end: () => {
      if (form !== 'events') return takeWhole(pieces.length > 0 ? pieces.join('') : start, reader, hasTools)
      // Some servers omit the empty line after the last event.
      return takeEvents('\n\n') ?? endOfStream(reader)
    },
  }
}

/**
 * Reads an event stream from pieces of any size, and passes on the data of each event until one ends the reply. Throws
 * a RangeError for an event longer than {@link MAX_EVENT_LENGTH}.
 */
function createEventTaker(take: (data: string) => Attempted | undefined): (text: string) => Attempted | undefined {
  const events: string[] = []
  const parser = createParser({
    maxBufferSize: MAX_EVENT_LENGTH,
    onEvent: ({ data }) => events.push(data),
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') throw new RangeError('an event of the stream is too long')
    },
  })
  return (text) => {
    parser.feed(text)
    for (const data of events.splice(0)) {
      const result = take(data)
      if (result !== undefined) return result
    }
    return undefined
  }
}

const FIELDS = ['data:', 'event:', 'id:', 'retry:', ':']

/** The form of a body; undefined until enough of it has arrived to decide. */
function formOf(start: string): 'events' | 'text' | undefined {
  if (start === '') return undefined
  if (FIELDS.some((field) => start.startsWith(field))) return 'events'
  return FIELDS.some((field) => field.startsWith(start)) ? undefined : 'text'
}

function takeWhole(text: string, reader: ReplyReader, hasTools: boolean): Attempted {
  const value = parseJson(text)
  if (value === undefined) return { ok: false, failure: notAReply(text) }
  const taken = reader.takeBody(value)
  if (taken.kind === 'error') return { ok: false, failure: failureOfError(taken.error, hasTools) }
  return taken.kind === 'end' ? { ok: true, draft: reader.draft } : { ok: false, failure: notAReply(text) }
}

const DONE = '[DONE]'

function takeEvent(data: string, reader: ReplyReader, hasTools: boolean): Attempted | undefined {
  for (const text of payloads(data)) {
    if (text === '') continue
    if (text === DONE) return reader.draft.finish === null ? endWithout(reader) : { ok: true, draft: reader.draft }
    const value = parseJson(text)
    const taken: Taken = value === undefined ? { kind: 'unknown' } : reader.takeEvent(value)
    if (taken.kind === 'unknown')
      return { ok: false, failure: badReply('sent an unreadable event', { said: text.slice(0, MAX_ERROR_BYTES) }) }
    if (taken.kind === 'error') return { ok: false, failure: failureOfError(taken.error, hasTools) }
    if (taken.kind === 'end') return { ok: true, draft: reader.draft }
  }
  return undefined
}

/** An event's data is one text. If a server omitted the empty lines between events, each line is one. */
function payloads(data: string): readonly string[] {
  const lines = data.split('\n')
  return lines.length === 1 || parseJson(data) !== undefined ? [data.trim()] : lines.map((line) => line.trim())
}

/** `[DONE]` without a finish reason: the reply counts as complete if it isn't empty. */
function endWithout({ draft }: ReplyReader): Attempted {
  if (draft.text === '' && draft.calls.length === 0)
    return { ok: false, failure: badReply('ended a stream of nothing') }
  draft.finish = 'unknown'
  return { ok: true, draft }
}

function endOfStream({ draft }: ReplyReader): Attempted {
  if (draft.finish !== null) return { ok: true, draft }
  return { ok: false, failure: broken('cut its stream off before the end') }
}
