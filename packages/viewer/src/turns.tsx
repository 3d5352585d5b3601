import type { CallsInFlight, ShownRun } from 'fusesearch/view'
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type Place, useView } from './context.ts'
import { duration, percent, plural, whole } from './format.ts'
import { Lazy, partsOf } from './lazy.tsx'
import { Gain, ToolTag } from './parts.tsx'
import { shownText } from './shown-text.ts'

/** Number of calls drawn together. */
const PART = 100
const ROW_HEIGHT = 30
const HEAD_HEIGHT = 56
/** Runs with fewer calls are drawn completely, so that the browser's search finds them. */
const MAX_EAGER = 300

/** All turns of the runs, row by row: turn 1 of each, then turn 2 of each. A turn with running calls is the last. */
export function turnRows(
  runs: readonly ShownRun[],
  inFlight: readonly (CallsInFlight | null)[],
): readonly ComponentChildren[] {
  const eager = runs.map(isShort)
  const count = Math.max(0, ...runs.map(({ turns }, run) => turns.length + (inFlight[run] == null ? 0 : 1)))
  return Array.from({ length: count }, (_, turn) =>
    runs.map((shown, run) => {
      const running = turn === shown.turns.length ? inFlight[run] : null
      const key = `${turn} ${run}`
      // Two runs may have the same policy.
      const owner = `${shown.header.policy}${runs.length > 1 ? `, search ${run + 1}` : ''}`
      if (running != null) return <RunningTurn {...running} owner={owner} key={key} />
      return <Turn shown={shown} run={run} turn={turn} owner={owner} isEager={eager[run] ?? false} key={key} />
    }),
  )
}

/** A turn whose calls have no result yet. */
function RunningTurn({ turn, calls, owner }: CallsInFlight & Pick<OwnedTurnProps, 'owner'>) {
  return (
    <section class="turn running" aria-label={`Turn ${turn} of ${shownText(owner)}, running`}>
      <header>
        <h4>Turn {turn}</h4>
        <span>{plural(calls.length, 'call')} running</span>
        <Elapsed />
      </header>
      {calls.map(({ tool, asked }, call) => (
        <div class="call" key={call}>
          <ToolTag tool={tool} />
          <span class={tool === 'read_file' ? 'asked from-end' : 'asked'}>
            <bdi>{shownText(asked.slice(0, MAX_ASKED))}</bdi>
          </span>
          <span class="pulse" aria-hidden="true" />
        </div>
      ))}
    </section>
  )
}

/** Time since it appeared on the page. */
function Elapsed() {
  const [ms, setMs] = useState(0)
  useEffect(() => {
    const since = performance.now()
    const timer = setInterval(() => setMs(performance.now() - since), ELAPSED_STEP_MS)
    return () => clearInterval(timer)
  }, [])
  return <span class="muted">{ms === 0 ? '' : duration(ms)}</span>
}

const ELAPSED_STEP_MS = 500

function isShort({ turns }: ShownRun): boolean {
  return turns.reduce((sum, { turn }) => sum + turn.calls.length, 0) <= MAX_EAGER
}

interface TurnProps {
  readonly shown: ShownRun
  readonly run: number
  readonly turn: number
}

interface OwnedTurnProps extends TurnProps {
  /** The turn's description. */
  readonly owner: string
  readonly isEager: boolean
}

/** A turn of a run in words: a row per call. It doesn't depend on the selection, so a click doesn't redraw it. */
function Turn({ shown, run, turn, owner, isEager }: OwnedTurnProps) {
  const calls = shown.turns[turn]?.turn.calls.length ?? 0
  if (calls === 0) return <div class="turn empty" />
  return (
    <section class="turn" aria-label={`Turn ${turn + 1} of ${shownText(owner)}`}>
      <Lazy height={HEAD_HEIGHT + calls * ROW_HEIGHT} isEager={isEager}>
        {() => <TurnBody shown={shown} run={run} turn={turn} />}
      </Lazy>
    </section>
  )
}

function TurnBody({ shown, run, turn }: TurnProps) {
  const facts = shown.turns[turn]?.turn
  if (facts === undefined) return null
  const { calls, cut, gains, model, ms, notes = [] } = facts
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / Math.max(1, gains.length)
  const numbers = calls.map((_, index) => index)
  return (
    <>
      <header>
        <h4>Turn {turn + 1}</h4>
        <span>{plural(calls.length, 'call')}</span>
        <span>{percent(mean)} new</span>
        <span class="muted">
          policy {duration(ms.policy)}, tools {duration(ms.tools)}
        </span>
        {model !== undefined && (
          <span class="muted">
            {whole(model.inputTokens)} + {whole(model.outputTokens)} tokens
          </span>
        )}
      </header>
      {notes.map((note) => (
        <p class="notice">{shownText(note)}</p>
      ))}
      {cut.length > 0 && <p class="notice">{plural(cut.length, 'call')} beyond the breadth did not run.</p>}
      {partsOf(numbers, PART).map((part) => (
        <Lazy height={part.length * ROW_HEIGHT} isEager={calls.length <= PART} key={part[0]}>
          {() => part.map((call) => <CallRow place={{ run, turn, call }} key={call} />)}
        </Lazy>
      ))}
    </>
  )
}

/** A call as a row; the arrow keys move between the rows of a turn. */
function CallRow({ place }: { readonly place: Place }) {
  const { runs, select, selected } = useView()
  const { run, turn, call } = place
  const facts = runs[run]?.turns[turn]
  const asked = facts?.turn.calls[call]
  const digest = facts?.turn.digests[call]
  if (facts === undefined || asked === undefined) return null
  const isChosen = selected?.run === run && selected.turn === turn && selected.call === call
  const ms = facts.turn.callMs[call] ?? null
  return (
    <button
      type="button"
      class={isChosen ? 'call chosen' : 'call'}
      aria-pressed={isChosen}
      onClick={() => select(place)}
      onKeyDown={moveBetweenRows}
    >
      <ToolTag tool={asked.tool} />
      <span class={asked.tool === 'read_file' ? 'asked from-end' : 'asked'}>
        <bdi>{shownText(facts.shown[call]?.asked ?? '').slice(0, MAX_ASKED)}</bdi>
      </span>
      {digest?.ok === false ? <span class="tag bad">{digest.code}</span> : <Gain gain={facts.turn.gains[call] ?? 0} />}
      <span class="ms">{ms === null ? '' : duration(ms)}</span>
    </button>
  )
}

/** A row shows only the beginning; the call's panel has the whole text. */
const MAX_ASKED = 300

function moveBetweenRows(event: KeyboardEvent): void {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' } as const
  const way = step[event.key as keyof typeof step]
  const next = way && (event.currentTarget as HTMLElement)[way]
  if (!(next instanceof HTMLButtonElement)) return
  event.preventDefault()
  next.focus()
}
