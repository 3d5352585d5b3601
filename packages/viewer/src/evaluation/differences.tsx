import { barY, gridY, type PlotOptions, pointerX, ruleY, tip } from '@observablehq/plot'
import type { EvaluationData, ShownDifference, ShownInstance } from 'fusesearch/view'
import { useCallback, useMemo } from 'preact/hooks'
import { Chart } from '../charts/chart.tsx'
import { plural } from '../format.ts'
import { Lazy } from '../lazy.tsx'
import { Section } from '../parts.tsx'
import { shownText } from '../shown-text.ts'
import { type Choices, type ChoosingProps, changeOf, NO_FILTER, type Open } from './shown.ts'
import { number } from './tables.tsx'
import { addressOf } from './use-opened.ts'

const HEIGHT = 220
/** Number of instances listed below the chart, per side. */
const NAMED = 4

interface DifferencesProps extends ChoosingProps {
  readonly open: Open
}

/** A against B on the same instances: the paired difference with its interval, and the instances that changed. */
export function Differences({ data, choices, choose, open }: DifferencesProps) {
  const changed = useMemo(
    () => changedInstances(data, choices),
    [data, choices.a, choices.b, choices.level, choices.subset],
  )
  const options = useCallback((): PlotOptions => changeOptions(changed), [changed])
  const pick = useCallback((picked: unknown) => open((picked as Change).instance), [open])
  const difference = differenceOf(data, choices)
  const [a, b] = [choices.a, choices.b].map((place) => shownText(data.policies[place]?.policy ?? ''))
  if (difference === null) {
    return (
      <Section title="Paired differences">
        <p class="hint">
          {data.policies.length < 2 ? 'There is one policy, so there is nothing to compare.' : 'A and B are the same.'}
        </p>
      </Section>
    )
  }
  const { wins, losses, ties } = difference
  const seen = { ...NO_FILTER, outcome: 'changed' } as const
  return (
    <Section title="Paired differences">
      <p>
        <strong>{a}</strong> (A) minus <strong>{b}</strong> (B):{' '}
        <strong class="difference">{signedInterval(difference)}</strong> points of {choices.level} F1.
      </p>
      <p class="hint">
        {number(difference.a)} against {number(difference.b)} on {plural(difference.difference.n, 'instance')}: A is
        better on {wins}, worse on {losses}, equal on {ties}.
      </p>
      <Lazy height={HEIGHT}>
        {() =>
          changed.length > 0 && (
            <Chart
              label={`The ${plural(changed.length, 'instance')} that changed, by their difference. A is better on ${wins}, worse on ${losses}.`}
              options={options}
              onPick={pick}
            />
          )
        }
      </Lazy>
      {changed.length > 0 && (
        <>
          <Extremes changed={changed} />
          <button type="button" class="quiet" onClick={() => choose({ filter: seen })}>
            Show {changed.length === 1 ? 'it' : `all ${changed.length}`} in the table
          </button>
        </>
      )}
    </Section>
  )
}

/** The instances at both ends. */
function Extremes({ changed }: { readonly changed: readonly Change[] }) {
  const ends = [...changed.slice(0, NAMED), ...changed.slice(NAMED).slice(-NAMED)]
  return (
    <ul class="extremes">
      {ends.map(({ instance, points }) => (
        <li key={instance.id}>
          <span class="number">{signed(points)}</span> <a href={addressOf(instance)}>{shownText(instance.id)}</a>
        </li>
      ))}
    </ul>
  )
}

/** Each pair is stored once: in the other order the signs change. Null if A is B. */
function differenceOf({ pairs }: EvaluationData, { a, b, level, subset }: Choices): ShownDifference | null {
  const found = pairs.find((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a))
  if (found === undefined || a === b) return null
  const own = found.subsets[subset][level]
  if (found.a === a) return own
  const { n, value, low, high } = own.difference
  const turned = { n, value: negative(value), low: negative(high), high: negative(low) }
  return { a: own.b, b: own.a, difference: turned, wins: own.losses, losses: own.wins, ties: own.ties }
}

function negative(value: number | null): number | null {
  // 0 has no sign.
  return value === null ? null : 0 - value
}

interface Change {
  readonly instance: ShownInstance
  /** A minus B, in points. */
  readonly points: number
  readonly told: string
}

/** The best for A first. */
function changedInstances({ instances }: EvaluationData, choices: Choices): readonly Change[] {
  return instances
    .flatMap((instance) => {
      const change = choices.subset === 'all' || instance.isKept ? changeOf(instance, choices) : null
      if (change === null || change === 0) return []
      return [{ instance, points: 100 * change, told: `${shownText(instance.id)}\n${signed(100 * change)}` }]
    })
    .sort((x, y) => y.points - x.points)
}

function changeOptions(changed: readonly Change[]): PlotOptions {
  const bars = changed.map((change, place) => ({ ...change, place }))
  return {
    height: HEIGHT,
    marginLeft: 44,
    x: { axis: null, domain: bars.map(({ place }) => place), padding: 0.15 },
    y: { label: 'A minus B, points', domain: [-100, 100], ticks: [-100, -50, 0, 50, 100] },
    marks: [
      gridY({ ticks: [-100, -50, 0, 50, 100] }),
      barY(bars, {
        x: 'place',
        y: 'points',
        fill: ({ points }: Change) => (points > 0 ? 'var(--better)' : 'var(--worse)'),
      }),
      ruleY([0], { stroke: 'var(--ink)' }),
      tip(bars, pointerX({ x: 'place', y: 'points', title: 'told', fill: 'var(--card)', stroke: 'var(--muted)' })),
    ],
  }
}

function signedInterval({ difference: { value, low, high } }: ShownDifference): string {
  return value === null ? '–' : `${signed(value)} [${signed(low)}, ${signed(high)}]`
}

/** `+3.1`, `−2.0`, `0.0`. */
export function signed(value: number | null): string {
  if (value === null) return '–'
  const text = Math.abs(value).toFixed(1)
  if (text === '0.0') return text
  return `${value > 0 ? '+' : '−'}${text}`
}
