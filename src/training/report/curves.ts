import {
  type Axis,
  niceMax,
  type Panel,
  type Point,
  plainAxis,
  renderPanels,
  turnAxis,
} from '../../evaluation/index.ts'
import type { HistoryEntry } from '../train/checkpoint.ts'
import type { Metrics } from '../train/metrics.ts'
import type { TrainingSummary } from './summary.ts'

/** The lines of all panels, in the order of their colours. */
const LABELS = ['sampled, training', 'best, held out', 'held out, by hand', 'held out, trained']

/** Curves over the updates, and breadth by turn before and after, as one SVG. */
export function renderCurves({ history, hand, trained }: TrainingSummary): string {
  const scale = scaleOf(history)
  const over = (title: string, pick: (metrics: Metrics) => number): Panel => {
    const points = [linePoints(history, scale, trainOf, pick), linePoints(history, scale, validationOf, pick)]
    return { title, xLabel: 'update', x: scale.axis, y: rangeOf(points), points }
  }
  const loss = (title: string, pick: (loss: Loss) => number): Panel => {
    const points = [linePoints(history, scale, (entry) => entry.loss, pick)]
    return { title, xLabel: 'update', x: scale.axis, y: rangeOf(points), points }
  }
  return renderPanels('Training curves, and breadth by turn', LABELS, [
    over('Reward', ({ reward }) => reward),
    over('File F1, %', ({ fileF1 }) => 100 * fileF1),
    over('Function F1, %', ({ functionF1 }) => 100 * functionF1),
    over('Efficiency e, %', ({ efficiency }) => 100 * efficiency),
    over('Calls a search', ({ calls }) => calls),
    over('Shown a search, KB', ({ bytes }) => bytes / 1_000),
    loss('Entropy of a decision, nats', ({ entropy }) => entropy),
    loss('KL to the cloned policy, nats', ({ kl }) => kl),
    loss('Clipped decisions, %', ({ clipped }) => 100 * clipped),
    breadthPanel(hand, trained),
  ])
}

type Loss = NonNullable<HistoryEntry['loss']>

/** Where an entry stands from left to right: phase 1 has room for its names, then the updates follow. */
interface Scale {
  readonly axis: Axis
  at(entry: HistoryEntry): number
}

function scaleOf(history: readonly HistoryEntry[]): Scale {
  const updates = Math.max(0, ...history.map(({ phase, iteration }) => (phase === 'grpo' ? iteration : 0)))
  const step = Math.max(1, updates / 8)
  const phases = { hand: 0, ranking: step, sft: 2 * step, grpo: 2 * step }
  const middle = Math.round(updates / 2)
  const named = [
    { at: 0, text: 'hand' },
    { at: phases.sft, text: 'SFT' },
    ...(middle > 1 ? [{ at: phases.grpo + middle, text: String(middle) }] : []),
    ...(updates > 0 ? [{ at: phases.grpo + updates, text: String(updates) }] : []),
  ]
  return {
    axis: { from: 0, to: phases.grpo + updates, ticks: named },
    at: ({ phase, iteration }) => phases[phase] + (phase === 'grpo' ? iteration : 0),
  }
}

/**
 * What was sampled with the weights that a place stands for: the ranking's rollouts are still the hand-weighted teacher's,
 * and those that cloning keeps were chosen for their reward, so they are no point of the curve.
 */
function trainOf({ phase, train }: HistoryEntry): Metrics | undefined {
  return phase === 'sft' ? undefined : train
}

function validationOf({ validation }: HistoryEntry): Metrics | undefined {
  return validation
}

function linePoints<Value>(
  history: readonly HistoryEntry[],
  scale: Scale,
  valueOf: (entry: HistoryEntry) => Value | undefined,
  pick: (value: Value) => number,
): Point[] {
  return history.flatMap((entry) => {
    const value = valueOf(entry)
    const x = entry.phase === 'ranking' && value === entry.train ? 0 : scale.at(entry)
    return value === undefined ? [] : [{ x, y: pick(value) }]
  })
}

/** About what the points span; small changes must be seen, so most panels don't begin at 0. */
function rangeOf(lines: readonly (readonly Point[])[]): Axis {
  const values = lines.flat().map(({ y }) => y)
  if (values.length === 0) return plainAxis(0, 1)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const step = niceMax(Math.max((most - least) / 4, Math.abs(most) / 100, 1e-4))
  return plainAxis(Math.max(0, Math.floor(least / step) * step), Math.max(step, Math.ceil(most / step) * step))
}

function breadthPanel(hand: Metrics, trained: Metrics): Panel {
  const points = [hand, trained].map(({ breadth }) => breadth.map((y, index) => ({ x: index + 1, y })))
  const turns = Math.max(2, hand.breadth.length, trained.breadth.length)
  const widest = niceMax(Math.max(1, ...hand.breadth, ...trained.breadth))
  return {
    title: 'Calls a turn, held out',
    xLabel: 'turn',
    x: turnAxis(turns),
    y: plainAxis(0, widest),
    points: [[], [], ...points],
  }
}
