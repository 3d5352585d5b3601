import { MAX_EVENT_LENGTH } from './limits.ts'

/** One server-sent event: its name and its `data` lines. */
export interface ServerEvent {
  readonly event: string
  readonly data: readonly string[]
}

/** Takes the text of an event stream piece by piece, however it was cut. */
export interface EventParser {
  /** The events that end in this piece. Throws a RangeError for an event beyond {@link MAX_EVENT_LENGTH}. */
  push(text: string): readonly ServerEvent[]
  /** The event that the end of the stream cut off from its empty line, if there is one. */
  end(): readonly ServerEvent[]
}

/**
 * A parser of `text/event-stream` (WHATWG HTML, section 9.2.6): lines end in LF, CRLF or CR, lines that begin with a
 * colon are comments. An event without its empty line at the end of the stream is given all the same.
 */
export function createEventParser(): EventParser {
  let rest = ''
  let event = ''
  let data: string[] = []
  let held = 0

  const take = (line: string, events: ServerEvent[]): void => {
    if (line === '') {
      if (data.length > 0) events.push({ event, data })
      event = ''
      data = []
      held = 0
      return
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line.startsWith(' ', colon + 1) ? colon + 2 : colon + 1)
    if (field === 'event') event = value
    if (field !== 'data') return
    data.push(value)
    held += value.length
  }

  const push = (text: string): readonly ServerEvent[] => {
    const events: ServerEvent[] = []
    const { lines, rest: left } = splitLines(rest + text)
    rest = left
    for (const line of lines) take(line, events)
    if (rest.length + held > MAX_EVENT_LENGTH) throw new RangeError('an event of the stream is too long')
    return events
  }

  return {
    push,
    end: () => {
      const events: ServerEvent[] = []
      take(rest.replace(/\r$/, ''), events)
      take('', events)
      rest = ''
      return events
    },
  }
}

/** Whole lines and what follows the last of them; a CR at the very end waits for the LF that may follow it. */
function splitLines(text: string): { readonly lines: readonly string[]; readonly rest: string } {
  const held = text.endsWith('\r') ? 1 : 0
  const lines = text.slice(0, text.length - held).split(/\r\n|\n|\r/)
  const rest = lines.pop() ?? ''
  return { lines, rest: held === 1 ? `${rest}\r` : rest }
}
