import {
  type Axis,
  type Figure,
  niceMax,
  type Panel,
  type Point,
  plainAxis,
  renderPanels,
  turnAxis,
} from '../../report/index.ts'
import type { HistoryEntry } from '../train/checkpoint.ts'
import type { Metrics } from '../train/metrics.ts'
import type { TrainingSummary } from './summary.ts'

/** The lines of all panels, in the order of their colours. */
const LABELS = ['sampled, training', 'best, held out', 'held out, before', 'held out, trained']

/** Curves over the updates, and breadth by turn before and after. */
export function renderCurves({ history, hand, trained }: TrainingSummary): Figure {
  const lines = new Lines(history)
  const over = (title: string, pick: (metrics: Metrics) => number): Panel =>
    lines.panel(title, [lines.of(trainOf, pick), lines.of(validationOf, pick)])
  const loss = (title: string, pick: (loss: Loss) => number): Panel =>
    lines.panel(title, [lines.of((entry) => entry.loss, pick)])
  const panels = [
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
  ]
  return renderPanels({ title: 'Training curves, and breadth by turn', file: 'curves.svg', labels: LABELS, panels })
}

type Loss = NonNullable<HistoryEntry['loss']>

/** The history as lines: phase 1 at the left, with room for its names, then the updates. */
class Lines {
  readonly #history: readonly HistoryEntry[]
  readonly #starts: Readonly<Record<HistoryEntry['phase'], number>>
  readonly #updates: number

  constructor(history: readonly HistoryEntry[]) {
    this.#history = history
    this.#updates = Math.max(0, ...history.map(({ phase, iteration }) => (phase === 'grpo' ? iteration : 0)))
    const step = Math.max(1, this.#updates / 8)
    const grpo = 2 * step
    this.#starts = {
      hand: 0,
      ranking: step,
      sft: grpo,
      grpo,
      answers: grpo + this.#updates + step,
      lengths: grpo + this.#updates + 2 * step,
    }
  }

  of<Value>(valueOf: (entry: HistoryEntry) => Value | undefined, pick: (value: Value) => number): Point[] {
    return this.#history.flatMap((entry) => {
      const value = valueOf(entry)
      if (value === undefined) return []
      return [{ x: value === entry.train ? this.#playedAt(entry) : this.#at(entry), y: pick(value) }]
    })
  }

  panel(title: string, points: readonly (readonly Point[])[]): Panel {
    return { title, xLabel: 'update', x: this.#axis(), y: rangeOf(points), points }
  }

  #at({ phase, iteration }: HistoryEntry): number {
    return this.#starts[phase] + (phase === 'grpo' ? iteration : 0)
  }

  /** The rollouts of an entry were played with the weights before it. */
  #playedAt(entry: HistoryEntry): number {
    return entry.phase === 'ranking' ? 0 : this.#at(entry) - 1
  }

  #axis(): Axis {
    const middle = Math.round(this.#updates / 2)
    const updates = [...(middle > 1 ? [middle] : []), ...(this.#updates > 0 ? [this.#updates] : [])]
    const ticks = [
      { at: 0, text: 'before' },
      { at: this.#starts.sft, text: 'SFT' },
      ...updates.map((update) => ({ at: this.#starts.grpo + update, text: String(update) })),
      ...(this.#history.some(({ phase }) => phase === 'lengths') ? [{ at: this.#starts.lengths, text: 'answer' }] : []),
    ]
    return {
      from: 0,
      to: Math.max(this.#starts.grpo + this.#updates, ...this.#history.map((entry) => this.#at(entry))),
      ticks,
    }
  }
}

/**
 * The rollouts that are points of the training curve. Those that cloning keeps aren't: they were chosen for their reward.
 */
function trainOf({ phase, train }: HistoryEntry): Metrics | undefined {
  return phase === 'sft' || phase === 'answers' || phase === 'lengths' ? undefined : train
}

function validationOf({ validation }: HistoryEntry): Metrics | undefined {
  return validation
}

/** About the range of the points. Most panels don't begin at 0, so that small changes can be seen. */
function rangeOf(lines: readonly (readonly Point[])[]): Axis {
  const values = lines.flat().map(({ y }) => y)
  if (values.length === 0) return plainAxis(0, 1)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const step = niceMax(Math.max((most - least) / 4, Math.abs(most) / 100, 1e-4))
  const [from, to] = [Math.floor(least / step) * step, Math.ceil(most / step) * step]
  if (to > from) return plainAxis(Math.max(0, from), to)
  // A flat line is at the top, since many of these numbers can't be above 100.
  return from >= step ? plainAxis(from - step, from) : plainAxis(0, step)
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
