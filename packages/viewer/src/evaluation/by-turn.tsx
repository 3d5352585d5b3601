import { dot, gridY, lineY, type PlotOptions } from '@observablehq/plot'
import { useCallback } from 'preact/hooks'
import { Chart, SeriesLegend, seriesScales } from '../charts/chart.tsx'
import { Lazy } from '../lazy.tsx'
import { Section } from '../parts.tsx'
import type { PartProps } from './shown.ts'

const HEIGHT = 160
/** Turns that fewer searches reached are left out: a mean over a handful is noise. */
const SHOWN_SHARE = 0.1

const MEASURES = [
  { title: 'Calls per turn', key: 'breadth', isShare: false },
  { title: 'New results per call, %', key: 'gain', isShare: true },
  { title: 'Redundant calls, %', key: 'redundancy', isShare: true },
] as const

/** How searches narrow down: breadth, gain and redundancy by turn. */
export function ByTurn({ data, choices: { subset } }: PartProps) {
  const names = data.policies.map(({ policy }) => policy)
  return (
    <Section title="By turn">
      <SeriesLegend series={names} />
      {MEASURES.map(({ title, key, isShare }) => (
        <TurnChart data={data} subset={subset} title={title} measure={key} isShare={isShare} key={key} />
      ))}
      <p class="hint">Turns that less than {SHOWN_SHARE * 100}% of the searches reached are left out.</p>
    </Section>
  )
}

interface TurnChartProps extends Pick<PartProps, 'data'> {
  readonly subset: PartProps['choices']['subset']
  readonly title: string
  readonly measure: (typeof MEASURES)[number]['key']
  readonly isShare: boolean
}

function TurnChart({ data, subset, title, measure, isShare }: TurnChartProps) {
  const options = useCallback((): PlotOptions => {
    const points = data.policies.flatMap(({ subsets }, policy) => {
      const { instances, search } = subsets[subset]
      const reached = search.byTurn.filter(({ n }) => n >= instances * SHOWN_SHARE)
      return reached.map((turn) => ({ policy, turn: turn.turn, value: turn[measure] }))
    })
    const last = Math.max(2, ...points.map(({ turn }) => turn))
    return {
      height: HEIGHT,
      marginLeft: 44,
      x: {
        label: 'turn',
        domain: [1, last],
        ticks: Array.from({ length: last }, (_, index) => index + 1),
        tickFormat: 'd',
      },
      y: { label: null, ...(isShare ? { domain: [0, 100] } : { zero: true, nice: true }), ticks: 4 },
      ...seriesScales(data.policies.length),
      marks: [
        gridY({ ticks: 4 }),
        lineY(points, { x: 'turn', y: 'value', stroke: 'policy', strokeWidth: 2 }),
        dot(points, { x: 'turn', y: 'value', symbol: 'policy', fill: 'policy', stroke: 'policy', r: 3.5 }),
      ],
    }
  }, [data, subset, measure, isShare])
  return (
    <>
      <h3>{title}</h3>
      <Lazy height={HEIGHT}>{() => <Chart label={`${title}, by turn`} options={options} />}</Lazy>
    </>
  )
}
