import { dot, gridY, lineY, type PlotOptions, ruleX } from '@observablehq/plot'
import type { ShownMetrics, ShownStep, TrainingData } from 'fusesearch/view'
import { useMemo } from 'preact/hooks'
import { Chart, SeriesLegend, seriesScales } from '../charts/chart.tsx'
import { Lazy } from '../lazy.tsx'
import { Section } from '../parts.tsx'

const HEIGHT = 190
/** A line of more points has a mark only at its end. */
const MAX_MARKED = 40

const SERIES = ['training samples, sampled decisions', 'held-out samples, best decisions']
const [SAMPLED, HELD_OUT] = [0, 1]

const MEASURES: readonly { readonly title: string; readonly pick: (metrics: ShownMetrics) => number }[] = [
  { title: 'Reward', pick: ({ reward }) => reward },
  { title: 'File F1, %', pick: ({ fileF1 }) => 100 * fileF1 },
  { title: 'Function F1, %', pick: ({ functionF1 }) => 100 * functionF1 },
  { title: 'Efficiency e, %', pick: ({ efficiency }) => 100 * efficiency },
  { title: 'Calls per search', pick: ({ calls }) => calls },
  { title: 'Shown per search, kB', pick: ({ bytes }) => bytes / 1_000 },
]

type Loss = NonNullable<ShownStep['loss']>

const LOSSES: readonly { readonly title: string; readonly pick: (loss: Loss) => number }[] = [
  { title: 'Entropy of a decision, nats', pick: ({ entropy }) => entropy },
  { title: 'KL to the cloned policy, nats', pick: ({ kl }) => kl },
  { title: 'Clipped decisions, %', pick: ({ clipped }) => 100 * clipped },
]

/** Reward, F1, e and cost over the steps, breadth by turn, and the losses of phase 2. */
export function Curves({ data }: { readonly data: TrainingData }) {
  const { history } = data
  const axis = useMemo(() => axisOf(history), [history])
  const charts = useMemo(() => chartsOf(history).filter(({ points }) => points.length > 0), [history])
  return (
    <Section title="Curves">
      <SeriesLegend series={SERIES} />
      <div class="charts">
        {charts.map((chart) => (
          <Curve {...chart} axis={axis} count={SERIES.length} key={chart.title} />
        ))}
      </div>
      <p class="hint">
        Points of training samples are means over rollouts with sampled decisions; the first is the teacher's. Held-out
        points are searches with the best decisions. Some axes don't begin at 0, so that small changes are visible.
      </p>
      <Breadth data={data} axis={axis} />
    </Section>
  )
}

/** Calls of each turn over the steps, and before and after. */
function Breadth({ data: { history, breadth }, axis }: { readonly data: TrainingData; readonly axis: Axis }) {
  const points = useMemo(
    () =>
      history.flatMap((step, index) =>
        (step.validation?.breadth ?? []).map((y, turn) => ({ x: index, y, series: turn })),
      ),
    [history],
  )
  const turns = Math.max(0, ...points.map(({ series }) => series + 1))
  const sides = useMemo(
    () =>
      breadth === null
        ? []
        : [breadth.before, breadth.after].flatMap((calls, series) =>
            calls.map((y, turn) => ({ x: turn + 1, y, series })),
          ),
    [breadth],
  )
  const byTurn = useMemo(() => turnAxis(Math.max(2, ...sides.map(({ x }) => x))), [sides])
  return (
    <>
      <h3>Breadth by turn: calls of each turn, held out</h3>
      <SeriesLegend series={Array.from({ length: turns }, (_, turn) => `turn ${turn + 1}`)} />
      <div class="charts">
        <Curve title="Calls of each turn, step by step" points={points} axis={axis} count={turns} isFromZero />
        {sides.length > 0 && (
          <div>
            <Curve title="Calls by turn" points={sides} axis={byTurn} count={2} isFromZero />
            <SeriesLegend series={['before', 'trained']} />
          </div>
        )}
      </div>
    </>
  )
}

interface Point {
  readonly x: number
  readonly y: number
  readonly series: number
}

interface Axis {
  readonly label: string
  readonly domain: readonly [number, number]
  readonly ticks: readonly number[]
  readonly nameOf: (at: number) => string
}

interface CurveProps {
  readonly title: string
  readonly points: readonly Point[]
  readonly axis: Axis
  /** Number of series. */
  readonly count: number
  readonly isFromZero?: boolean
}

function Curve({ title, points, axis, count, isFromZero = false }: CurveProps) {
  const options = useMemo(
    () => (): PlotOptions => {
      const ends = points.filter(({ series }, index) => points.findLastIndex((one) => one.series === series) === index)
      const marked = points.length > MAX_MARKED * count ? ends : points
      return {
        height: HEIGHT,
        marginLeft: 48,
        x: { label: axis.label, domain: axis.domain, ticks: axis.ticks, tickFormat: axis.nameOf },
        y: { label: null, zero: isFromZero, nice: true, ticks: 4 },
        ...seriesScales(count),
        marks: [
          gridY({ ticks: 4 }),
          ruleX([axis.domain[0]], { stroke: 'var(--line)' }),
          lineY(points, { x: 'x', y: 'y', stroke: 'series', strokeWidth: 1.8 }),
          dot(marked, { x: 'x', y: 'y', symbol: 'series', fill: 'series', stroke: 'series', r: 3 }),
        ],
      }
    },
    [points, axis, count, isFromZero],
  )
  const label = `${title}: ${points.length} points, the last at ${points.at(-1)?.y.toFixed(3)}`
  return (
    <div>
      <h3>{title}</h3>
      <Lazy height={HEIGHT}>{() => <Chart label={label} options={options} />}</Lazy>
    </div>
  )
}

function chartsOf(history: TrainingData['history']): readonly { readonly title: string; readonly points: Point[] }[] {
  const over = (valueOf: (step: ShownStep) => number | undefined, series: number, isOfBefore = false): Point[] =>
    history.flatMap((step, index) => {
      const y = valueOf(step)
      // Rollouts of a step were played with the weights before it.
      return y === undefined ? [] : [{ x: isOfBefore ? Math.max(0, index - 1) : index, y, series }]
    })
  const metrics = MEASURES.map(({ title, pick }) => ({
    title,
    points: [
      ...over((step) => (isSampled(step) ? step.train && pick(step.train) : undefined), SAMPLED, true),
      ...over((step) => step.validation && pick(step.validation), HELD_OUT),
    ],
  }))
  const losses = LOSSES.map(({ title, pick }) => ({
    title,
    points: over((step) => step.loss && pick(step.loss), SAMPLED),
  }))
  return [...metrics, { title: 'Penalty on cost', points: over(({ price }) => price, SAMPLED) }, ...losses]
}

/** Cloning keeps rollouts by their reward, and later fits sample none: neither is a point of the training curve. */
function isSampled({ phase }: ShownStep): boolean {
  return phase === 'hand' || phase === 'ranking' || phase === 'grpo'
}

const NAMES = { hand: 'before', ranking: 'ranking', sft: 'SFT', answers: 'ranking', lengths: 'lengths' } as const
/** Updates that are labelled between the other steps. */
const NAMED_UPDATES = 5

function axisOf(history: TrainingData['history']): Axis {
  const updates = history.filter(({ phase }) => phase === 'grpo').length
  const every = Math.max(1, Math.ceil(updates / NAMED_UPDATES))
  const named = history.flatMap(({ phase, iteration }, index) => {
    if (phase === 'ranking' || phase === 'answers') return []
    return phase !== 'grpo' || iteration % every === 0 ? [index] : []
  })
  const nameOf = (at: number): string => {
    const step = history[at]
    return step === undefined ? '' : step.phase === 'grpo' ? String(step.iteration) : NAMES[step.phase]
  }
  return {
    label: 'update',
    domain: [0, Math.max(2, history.length - 1)],
    ticks: named,
    nameOf,
  }
}

function turnAxis(last: number): Axis {
  const ticks = Array.from({ length: last }, (_, index) => index + 1)
  return { label: 'turn', domain: [1, last], ticks, nameOf: String }
}
