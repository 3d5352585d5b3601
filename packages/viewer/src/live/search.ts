import { createParser } from 'eventsource-parser'
import type { TrajectoryLine } from 'fusesearch/agent'
import type { LocateResult } from 'fusesearch/locate'
import type { CallsInFlight, LiveLine, ShownRun } from 'fusesearch/view'

/** The folders that the server allows to search. */
export interface Roots {
  readonly roots: readonly string[]
  readonly editor: string | null
}

/** Body of a search request. */
export interface Asked {
  readonly issue: string
  readonly repository: string
  readonly path?: string
  readonly policy: string
}

/** A running or finished search. */
export interface LiveRun {
  /** Null until the server has started it. */
  readonly run: ShownRun | null
  readonly lines: readonly TrajectoryLine[]
  /** The running calls; null while the policy decides, and at the end. */
  readonly inFlight: CallsInFlight | null
  /** The notices of the answer's check. */
  readonly notices: readonly string[]
}

export const NOT_BEGUN: LiveRun = { run: null, lines: [], inFlight: null, notices: [] }

/** The server requires a token, or a different one. */
export class TokenNeeded extends Error {}

export async function askRoots(token: string): Promise<Roots> {
  const response = await fetch('/v1/roots', { headers: headersOf(token) })
  await refuse(response)
  return (await response.json()) as Roots
}

interface SearchContext {
  readonly token: string
  readonly signal: AbortSignal
  /** Called with the search after each of its events. */
  readonly onChange: (run: LiveRun) => void
}

/** Searches, and reports the progress. Throws with the server's message if it refuses or fails. */
export async function search(asked: Asked, { token, signal, onChange }: SearchContext): Promise<void> {
  const response = await fetch('/v1/locate', {
    method: 'POST',
    headers: { ...headersOf(token), 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ ...asked, trajectory: true }),
    signal,
  })
  await refuse(response)
  let live = NOT_BEGUN
  let failure: string | null = null
  const parser = createParser({
    onEvent: ({ event, data }) => {
      // The server is this page's own: its events have the described shapes.
      if (event === 'trajectory') live = withLine(live, asked.policy, JSON.parse(data) as LiveLine)
      else if (event === 'calls') live = { ...live, inFlight: JSON.parse(data) as CallsInFlight }
      else if (event === 'result') live = { ...live, notices: (JSON.parse(data) as LocateResult).notices }
      else if (event === 'error') failure = (JSON.parse(data) as { message: string }).message
      else return
      onChange(live)
    },
  })
  await readAll(response, (text) => parser.feed(text))
  if (failure !== null) throw new Error(failure)
  if (live.run?.end == null) throw new Error('The server ended the stream before the answer. Search again.')
}

function withLine(live: LiveRun, name: string, told: LiveLine): LiveRun {
  const { line } = told
  const next = { ...live, lines: [...live.lines, line], inFlight: null }
  if (line.kind === 'header') return { ...next, run: { name, header: line, turns: [], end: null } }
  if (live.run === null) return live
  if (line.kind === 'end') return { ...next, run: { ...live.run, end: line } }
  const shown = 'shown' in told ? told.shown : []
  return { ...next, run: { ...live.run, turns: [...live.run.turns, { turn: line, shown }] } }
}

async function readAll({ body }: Response, take: (text: string) => void): Promise<void> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  for (;;) {
    const { done = true, value = '' } = (await reader?.read()) ?? {}
    if (done) return
    take(value)
  }
}

function headersOf(token: string): Record<string, string> {
  return token === '' ? {} : { authorization: `Bearer ${token}` }
}

async function refuse(response: Response): Promise<void> {
  if (response.ok) return
  const told = (await response.json().catch(() => null)) as { error?: { message?: string } } | null
  const message = told?.error?.message ?? `The server answered with status ${response.status}.`
  throw response.status === 401 ? new TokenNeeded(message) : new Error(message)
}
