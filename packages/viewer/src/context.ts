import type { ShownCall, ShownGold, ShownRun, ShownTurn } from 'fusesearch/view'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'

/** A call of a run, and optionally a place in its result. `turn` and `call` count from 0. */
export interface Place {
  readonly run: number
  readonly turn: number
  readonly call: number
  readonly path?: string
  readonly line?: number
}

/** Shared data of all parts of the page. */
export interface View {
  readonly runs: readonly ShownRun[]
  readonly gold: ShownGold | null
  readonly selected: Place | null
  readonly select: (place: Place | null) => void
  /** The address that opens a place in an editor; undefined without links. */
  readonly editorLink: (path: string, line: number) => string | undefined
}

export const ViewContext = createContext<View | null>(null)

export function useView(): View {
  const view = useContext(ViewContext)
  if (view === null) throw new Error('a part of the page was drawn outside of it')
  return view
}

/** A call with everything known about it. */
export interface CallFacts {
  readonly turn: ShownTurn
  readonly call: ShownTurn['turn']['calls'][number]
  readonly shown: ShownCall
}

export function factsOf(runs: readonly ShownRun[], place: Place): CallFacts | null {
  const turn = runs[place.run]?.turns[place.turn]
  const call = turn?.turn.calls[place.call]
  const shown = turn?.shown[place.call]
  return turn === undefined || call === undefined || shown === undefined ? null : { turn, call, shown }
}

/** The call before or after; null at the ends of the run. */
export function neighbour(runs: readonly ShownRun[], { run, turn, call }: Place, step: 1 | -1): Place | null {
  const turns = runs[run]?.turns ?? []
  const next = call + step
  if (next >= 0 && next < (turns[turn]?.turn.calls.length ?? 0)) return { run, turn, call: next }
  const other = turns[turn + step]
  if (other === undefined) return null
  return { run, turn: turn + step, call: step === 1 ? 0 : other.turn.calls.length - 1 }
}

/** Fills the link template of an editor. The scheme is the template's, so a path can't choose it. */
export function editorLinks(
  template: string | null,
  root: string | null,
): (path: string, line: number) => string | undefined {
  if (template === null || root === null) return () => undefined
  const base = root
    .replaceAll('\\', '/')
    .replace(/^(?!\/)/, '/')
    .replace(/\/$/, '')
  return (path, line) => {
    const encoded = `${base}/${path}`.split('/').map(encodePart).join('/')
    return template.replace('{path}', () => encoded).replace('{line}', String(line))
  }
}

/** A lone surrogate can't be encoded, and no file name on disk has one. */
function encodePart(part: string): string {
  return encodeURIComponent(part.toWellFormed()).replaceAll('%3A', ':')
}
