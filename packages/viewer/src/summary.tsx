import type { ShownRun } from 'fusesearch/view'
import { bytes, duration, percent, plural, whole } from './format.ts'
import { RunTitle } from './parts.tsx'
import { shownText } from './shown-text.ts'

const STOPS = {
  answer: 'answered',
  turns: 'answered on the last turn',
  deadline: 'stopped by the deadline',
  'no-calls': 'stopped: it made no calls',
  'policy-failed': 'its policy failed',
} as const

/** Facts of a run, how it ended, and how much of its budget it used. */
export function Summary({ run, isLive = false }: { readonly run: ShownRun; readonly isLive?: boolean }) {
  const { header, turns, end } = run
  const { maxTurns, maxBreadth, maxBytes, deadlineMs } = header.budget
  const breadth = turns.map(({ turn }) => turn.calls.length)
  const calls = breadth.reduce((sum, count) => sum + count, 0)
  const shown = turns.reduce((sum, { turn }) => sum + turn.bytes, 0)
  const totalMs = end?.stats.ms.total ?? turns.reduce((sum, { turn }) => sum + turn.ms.policy + turn.ms.tools, 0)
  return (
    <div class="summary">
      <RunTitle run={run} />
      <p class={end?.failure ? 'state bad' : 'state'}>
        {end === null ? (isLive ? 'searching…' : 'ended before its answer') : STOPS[end.stoppedBy]}
        {end?.failure && `: ${shownText(end.failure.message)}`}
      </p>
      <dl class="facts">
        <Fact name="Turns" value={end?.stats.turns ?? turns.length} of={maxTurns} />
        <Fact
          name="Calls"
          value={calls}
          text={`${whole(calls)}${breadth.length > 0 && breadth.length <= 12 ? ` = ${breadth.join(' + ')}` : ''}`}
          note={`at most ${maxBreadth} per turn`}
        />
        <Fact name="Shown" value={shown} of={maxBytes} text={bytes(shown)} ofText={bytes(maxBytes)} />
        <Fact
          name="Time"
          value={totalMs}
          {...(deadlineMs === null ? {} : { of: deadlineMs, ofText: duration(deadlineMs) })}
          text={duration(totalMs)}
        />
        <Efficiency run={run} />
        <ModelFacts run={run} />
      </dl>
    </div>
  )
}

function Efficiency({ run: { end } }: { readonly run: ShownRun }) {
  if (end === null || end.stats.efficiency === null) return null
  const { efficiency, redundantCalls } = end.stats
  return (
    <Fact
      name="New"
      value={efficiency}
      text={percent(efficiency)}
      note={
        redundantCalls === 0
          ? 'every call showed something new'
          : `${plural(redundantCalls, 'call')} showed nothing new`
      }
    />
  )
}

function ModelFacts({ run: { end } }: { readonly run: ShownRun }) {
  const model = end?.stats.model
  if (model === undefined) return null
  const about = model.isEstimated ? 'about ' : ''
  const cached = model.cachedTokens === null ? '' : `, ${whole(model.cachedTokens)} from the cache`
  const retries = model.retries === 0 ? '' : `, ${plural(model.retries, 'retry')}`
  return (
    <>
      <Fact
        name="Tokens"
        value={model.inputTokens + model.outputTokens}
        text={`${about}${whole(model.inputTokens)} in, ${whole(model.outputTokens)} out`}
        note={`${plural(model.requests, 'request')}${cached}${retries}`}
      />
      {model.cost !== null && <Fact name="Cost" value={model.cost} text={model.cost.toFixed(4)} />}
    </>
  )
}

interface FactProps {
  readonly name: string
  readonly value: number
  /** The limits of the budget. */
  readonly of?: number
  readonly text?: string
  readonly ofText?: string
  readonly note?: string
}

function Fact({ name, value, of, text = whole(value), ofText = of === undefined ? '' : whole(of), note }: FactProps) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>
        <strong>{text}</strong>
        {of !== undefined && <span class="muted"> of {ofText}</span>}
        {of !== undefined && (
          <meter min={0} max={of} value={Math.min(of, value)} aria-label={`${name} of the budget`} />
        )}
        {note !== undefined && <span class="muted note">{note}</span>}
      </dd>
    </div>
  )
}
