import { useEffect, useRef } from 'preact/hooks'
import { type CallFacts, factsOf, neighbour, useView } from './context.ts'
import { bytes, duration, plural } from './format.ts'
import { Observed } from './observed.tsx'
import { Gain, ToolTag } from './parts.tsx'
import { shownText } from './shown-text.ts'

/** The selected call: its arguments, its result, and how much of it was new. */
export function CallPanel() {
  const { runs, select, selected } = useView()
  const panel = useRef<HTMLElement>(null)
  const facts = selected === null ? null : factsOf(runs, selected)
  useEffect(() => {
    const box = panel.current
    if (box === null) return
    // Not scrollIntoView, which would also move the page.
    const target = box.querySelector('.target')
    const top = target === null ? 0 : target.getBoundingClientRect().top - box.getBoundingClientRect().top
    box.scrollTo({ top: target === null ? 0 : box.scrollTop + top - box.clientHeight / 2 })
  }, [selected])
  if (selected === null || facts === null) return null
  const { turn } = facts
  const policy = runs.length > 1 ? `${shownText(runs[selected.run]?.header.policy ?? '')}, ` : ''
  const [before, after] = [neighbour(runs, selected, -1), neighbour(runs, selected, 1)]
  return (
    <aside class="panel" ref={panel} aria-label="Selected call">
      <header class="panel-head">
        <h2>
          <ToolTag tool={facts.call.tool} /> <span class="muted">{policy}</span>turn {selected.turn + 1}, call{' '}
          {selected.call + 1} of {turn.turn.calls.length}
        </h2>
        <nav aria-label="Calls">
          <button type="button" disabled={before === null} onClick={() => select(before)} aria-label="Previous call">
            ←
          </button>
          <button type="button" disabled={after === null} onClick={() => select(after)} aria-label="Next call">
            →
          </button>
          <button type="button" class="close" onClick={() => select(null)} aria-label="Close">
            ✕
          </button>
        </nav>
      </header>
      <Asked facts={facts} />
      <Told facts={facts} number={selected.call} />
      <Observed
        observation={turn.turn.observations?.[selected.call]}
        digest={turn.turn.digests[selected.call]}
        entities={facts.shown.entities}
        target={selected.path === undefined ? null : { path: selected.path, line: selected.line }}
      />
    </aside>
  )
}

/** The arguments as given. */
function Asked({ facts: { call } }: { readonly facts: CallFacts }) {
  return (
    <dl class="arguments">
      {Object.entries(call.arguments).map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

/** Longer arguments are folded, so that they don't push the result away. */
const MAX_OPEN = 240

function Value({ value }: { readonly value: unknown }) {
  const text = Array.isArray(value) ? value.join('\n') : String(value)
  const code = <code>{shownText(text)}</code>
  if (text.length <= MAX_OPEN) return code
  const count = Array.isArray(value) ? plural(value.length, 'entry') : plural(text.length, 'character')
  return (
    <details>
      <summary>{count}</summary>
      {code}
    </details>
  )
}

/** Its gain, time and size, and the limits that took effect. */
function Told({ facts: { turn }, number }: { readonly facts: CallFacts; readonly number: number }) {
  const digest = turn.turn.digests[number]
  const { fresh = 0, revealed = 0 } = turn.turn.entities[number] ?? {}
  const ms = turn.turn.callMs[number] ?? null
  return (
    <>
      <p class="told">
        <Gain gain={turn.turn.gains[number] ?? 0} />
        <span>
          {fresh} of {plural(revealed, 'place')} new
        </span>
        {ms !== null && <span>{duration(ms)}</span>}
        {digest !== undefined && <span>{bytes(digest.bytes)}</span>}
      </p>
      {digest?.ok && digest.notices.map(({ message }) => <p class="notice">{shownText(message)}</p>)}
      {digest?.ok === false && (
        <p class="notice bad">
          {digest.code}: {shownText(digest.message)}
        </p>
      )}
    </>
  )
}
