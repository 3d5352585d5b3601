import { dot, gridX, gridY, type PlotOptions, pointer, tip } from '@observablehq/plot'
import type { ShownInstance } from 'fusesearch/view'
import { useCallback } from 'preact/hooks'
import { Chart, SeriesLegend, seriesScales } from '../charts/chart.tsx'
import { Lazy } from '../lazy.tsx'
import { Section } from '../parts.tsx'
import { shownText } from '../shown-text.ts'
import { Choice } from './choice-bar.tsx'
import { type ChoosingProps, COSTS, type Cost, costOf, f1Of, meanCost, meanF1, type Open } from './shown.ts'
import { number } from './tables.tsx'

const HEIGHT = 340
/** Equal scores are spread by this many points, so that they don't hide each other. */
const SPREAD = 3

interface ScatterProps extends ChoosingProps {
  readonly shown: readonly ShownInstance[]
  readonly open: Open
}

/** F1 against cost: one mark per instance and policy, a large one for each policy's mean. */
export function Scatter({ data, choices, choose, shown, open }: ScatterProps) {
  const { cost, level } = choices
  const names = data.policies.map(({ policy }) => policy)
  const options = useCallback(
    (): PlotOptions => scatterOptions({ policies: names.map(shownText), shown, cost, level }),
    [names.join('\n'), shown, cost, level],
  )
  const pick = useCallback((picked: unknown) => open((picked as Mark).instance), [open])
  const means = names.map((name, policy) => {
    const [f1, spent] = [meanF1(shown, policy, level), meanCost(shown, policy, cost)]
    return `${shownText(name)}: mean F1 ${number(f1)} at ${number(spent)} ${COSTS[cost]}`
  })
  const hasTokens = data.instances.some(({ outcomes }) => outcomes.some((outcome) => outcome?.tokens != null))
  const costs = Object.entries(COSTS).filter(([name]) => hasTokens || name !== 'tokens')
  return (
    <Section title="F1 against cost" class="scatter">
      <Choice label="against" value={cost} options={costs} onChange={(chosen) => choose({ cost: chosen as Cost })} />
      <SeriesLegend series={names} />
      <Lazy height={HEIGHT}>
        {() => <Chart label={`F1 against ${COSTS[cost]}. ${means.join('; ')}`} options={options} onPick={pick} />}
      </Lazy>
      <p class="hint">
        A large mark is the mean of the instances that are shown below. Equal scores are spread a little. Select a mark
        to open its instance; the table has them all.
      </p>
    </Section>
  )
}

interface Mark {
  readonly x: number
  readonly y: number
  readonly policy: number
  readonly instance: ShownInstance
  readonly told: string
}

interface ScatterData {
  readonly policies: readonly string[]
  readonly shown: readonly ShownInstance[]
  readonly cost: Cost
  readonly level: 'file' | 'function'
}

function scatterOptions({ policies, shown, cost, level }: ScatterData): PlotOptions {
  const marks = policies.flatMap((name, policy) =>
    shown.flatMap((instance, index): Mark[] => {
      const outcome = instance.outcomes[policy]
      const [x, f1] = [outcome == null ? null : costOf(outcome, cost), f1Of(instance, policy, level)]
      if (x === null || f1 === null) return []
      const told = `${shownText(instance.id)}\n${name}: F1 ${number(100 * f1)}, ${number(x)} ${COSTS[cost]}`
      return [{ x, y: 100 * f1 + spreadOf(index), policy, instance, told }]
    }),
  )
  const means = policies.flatMap((_, policy) => {
    const [x, y] = [meanCost(shown, policy, cost), meanF1(shown, policy, level)]
    return x === null || y === null ? [] : [{ x, y, policy }]
  })
  const place = { x: 'x', y: 'y' } as const
  return {
    height: HEIGHT,
    marginLeft: 44,
    x: { label: COSTS[cost], zero: true, nice: true },
    y: { label: `${level} F1, %`, domain: [-SPREAD, 100 + SPREAD], ticks: [0, 25, 50, 75, 100] },
    ...seriesScales(policies.length),
    marks: [
      gridX(),
      gridY({ ticks: [0, 25, 50, 75, 100] }),
      dot(marks, { ...place, symbol: 'policy', stroke: 'policy', fill: 'policy', fillOpacity: 0.25, r: 4 }),
      dot(means, { ...place, symbol: 'policy', fill: 'policy', stroke: 'var(--card)', strokeWidth: 2, r: 10 }),
      dot(marks, pointer({ ...place, r: 8, stroke: 'var(--ink)' })),
      tip(marks, pointer({ ...place, title: 'told', fill: 'var(--card)', stroke: 'var(--muted)' })),
    ],
  }
}

/** The same for the same index, so that redrawing moves no mark. */
function spreadOf(index: number): number {
  // Multiples of the golden ratio are evenly spread for any number.
  return (((index * 0.618_034) % 1) * 2 - 1) * SPREAD
}
