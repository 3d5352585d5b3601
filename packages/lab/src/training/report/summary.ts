import { digestWeights } from 'fusesearch/policies'
import type { TrainingData } from 'fusesearch/view'
import { estimateMean } from '../../evaluation/index.ts'
import { type Block, percentOf, table } from '../../report/index.ts'
import type { HistoryEntry } from '../train/checkpoint.ts'
import type { Metrics } from '../train/metrics.ts'
import type { TrainResult } from '../train/run.ts'
import type { TrainSettings } from '../train/settings.ts'
import type { HeldOutScore } from '../train/training.ts'

/** One side of the samples. */
export interface SampleSide {
  /** Base name of the file. */
  readonly name: string
  readonly samples: number
  readonly repositories: number
}

/** Facts about a training that only the command knows. */
export interface TrainingFacts {
  readonly command: string
  /** Commit of the program's checkout; null outside one. */
  readonly commit: string | null
  readonly version: string
  readonly node: string
  readonly machine: string
  readonly training: SampleSide
  readonly validation: SampleSide
  /** Digest of the samples of both sides. */
  readonly digest: string
  /** The weights that it started with: `hand`, `shipped`, or the base name of a file. */
  readonly from: string
  /** Names of the samples, by their index. */
  readonly sampleIds: readonly string[]
}

/** The gain of the trained policy on the held-out samples: the mean of the paired differences with its 95% interval. */
interface Gain {
  readonly name: 'reward' | 'file F1' | 'function F1' | 'e' | 'calls' | 'bytes'
  readonly n: number
  readonly before: number
  readonly after: number
  readonly mean: number
  readonly low: number
  readonly high: number
  readonly verdict: 'better' | 'worse' | 'open'
}

/** A sample that was left out, and the reason. */
interface SkippedSample {
  readonly id: string
  readonly code: string
  readonly message: string
}

/** `training.json`: every number of the report and the card. Shares and scores are in [0, 1]. */
export interface TrainingSummary extends Omit<TrainingFacts, 'sampleIds'> {
  readonly schema: 'fusesearch-training'
  readonly summaryVersion: 1
  readonly settings: TrainSettings
  /** Digest of the trained weights. */
  readonly weights: string
  readonly history: readonly HistoryEntry[]
  /** Index in the history of the weights that were best on the held-out samples. */
  readonly best: number
  readonly hand: Metrics
  readonly trained: Metrics
  readonly gains: readonly Gain[]
  readonly calibration: TrainResult['calibration']
  /** Over all parts of a training that was stopped and resumed. */
  readonly played: TrainResult['played']
  readonly skipped: readonly SkippedSample[]
}

/** Makes the summary of a finished training. */
export function summarizeTraining(result: TrainResult, facts: TrainingFacts): TrainingSummary {
  const { sampleIds, ...rest } = facts
  const { checkpoint, hand, trained, calibration, played } = result
  return {
    schema: 'fusesearch-training',
    summaryVersion: 1,
    ...rest,
    settings: checkpoint.settings,
    weights: digestWeights(result.weights),
    history: checkpoint.history,
    best: checkpoint.best?.entry ?? checkpoint.history.length - 1,
    hand,
    trained,
    gains: gainsOf(result.heldOut.hand, result.heldOut.trained),
    calibration,
    played: { ...played },
    skipped: [...result.skipped].map(([sample, { code, message }]) => {
      return { id: sampleIds[sample] ?? String(sample), code, message }
    }),
  }
}

const MEASURES: readonly {
  readonly name: Gain['name']
  readonly pick: (score: HeldOutScore) => number | null
  readonly isLessBetter: boolean
}[] = [
  { name: 'reward', pick: ({ reward }) => reward, isLessBetter: false },
  { name: 'file F1', pick: ({ fileF1 }) => fileF1, isLessBetter: false },
  { name: 'function F1', pick: ({ functionF1 }) => functionF1, isLessBetter: false },
  { name: 'e', pick: ({ efficiency }) => efficiency, isLessBetter: false },
  { name: 'calls', pick: ({ calls }) => calls, isLessBetter: true },
  { name: 'bytes', pick: ({ bytes }) => bytes, isLessBetter: true },
]

/** Gains by measure, over the samples with a value on both sides. */
export function gainsOf(before: readonly HeldOutScore[], after: readonly HeldOutScore[]): Gain[] {
  const bySample = new Map(before.map((score) => [score.sample, score]))
  return MEASURES.map(({ name, pick, isLessBetter }) => {
    const pairs = after.flatMap((score): [number, number][] => {
      const earlier = bySample.get(score.sample)
      const [from, to] = [earlier === undefined ? null : pick(earlier), pick(score)]
      return from === null || to === null ? [] : [[from, to]]
    })
    const { n, mean, low, high } = estimateMean(pairs.map(([from, to]) => to - from))
    const interval = { mean: mean ?? 0, low: low ?? 0, high: high ?? 0 }
    const meanOf = (side: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[side], 0) / Math.max(1, n)
    return { name, n, before: meanOf(0), after: meanOf(1), ...interval, verdict: verdictOf(interval, isLessBetter) }
  })
}

function verdictOf({ low, high }: { low: number; high: number }, isLessBetter: boolean): Gain['verdict'] {
  if (low > 0) return isLessBetter ? 'worse' : 'better'
  if (high < 0) return isLessBetter ? 'better' : 'worse'
  return 'open'
}

/** Gains as a table. */
export function gainsTable(gains: readonly Gain[]): Block {
  return table('held out|n|before|trained|difference, 95% interval|', gains.map(gainRow))
}

/** Gains in the form for the page. */
export function shownGains(gains: readonly Gain[]): TrainingData['gains'] {
  return gains.map((gain) => {
    const [name = '', , before = '', after = '', difference = ''] = gainRow(gain)
    return { name, n: gain.n, before, after, difference, verdict: gain.verdict }
  })
}

function gainRow({ name, n, before, after, mean, low, high, verdict }: Gain): readonly string[] {
  if (n === 0) return [name, '0', '–', '–', '–', 'no sample has a value']
  const format = FORMATS[name]
  const signed = (value: number): string => `${value > 0 ? '+' : ''}${format(value)}`
  const interval = `${signed(mean)} [${signed(low)}, ${signed(high)}]`
  return [name, String(n), format(before), format(after), interval, VERDICTS[verdict]]
}

const FORMATS: Readonly<Record<Gain['name'], (value: number) => string>> = {
  reward: (value) => value.toFixed(3),
  'file F1': percentOf,
  'function F1': percentOf,
  e: percentOf,
  calls: (value) => value.toFixed(1),
  bytes: (value) => value.toFixed(0),
}

const VERDICTS: Readonly<Record<Gain['verdict'], string>> = {
  better: 'better',
  worse: 'worse',
  open: 'no significant difference',
}

/** What improved and what didn't, in words. */
export function describeGains({ gains, hand, trained }: TrainingSummary): string[] {
  const list = (verdict: Gain['verdict']): string =>
    gains
      .filter((gain) => gain.verdict === verdict)
      .map(({ name }) => name)
      .join(', ')
  const parts = [
    ['Better than before', list('better')],
    ['Worse', list('worse')],
    ['No significant difference', list('open')],
  ]
  const verdicts = parts.map(([name = '', measures = '']) => `${name}: ${measures === '' ? 'nothing' : measures}.`)
  return [verdicts.join(' '), describeBreadth(hand.breadth, trained.breadth), describeBudget(gains)]
}

function describeBreadth(before: readonly number[], after: readonly number[]): string {
  return `Calls by turn: ${turnsOf(before)} before; ${turnsOf(after)} trained, ${fallOf(after)}.`
}

function turnsOf(breadth: readonly number[]): string {
  return breadth.map((calls) => calls.toFixed(1)).join(', ')
}

function fallOf(breadth: readonly number[]): string {
  const rise = breadth.findIndex((calls, index) => index > 0 && calls > (breadth[index - 1] ?? 0))
  return rise < 0 ? 'never wider than the turn before' : `wider again in turn ${rise + 1}`
}

/** e is comparable only at about equal calls and bytes, because reading more raises it. */
function describeBudget(gains: readonly Gain[]): string {
  const away = gains.filter(({ name }) => name === 'calls' || name === 'bytes').map(changeOf)
  const isEqual = away.every(({ share }) => Math.abs(share) <= 0.1)
  const changes = away.map(({ name, share }) => `${name} ${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)}%`)
  const verdict = isEqual ? 'within 10%, so e can be compared' : "more than 10% apart, so e alone can't be compared"
  return `Spent: ${changes.join(', ')}; ${verdict}.`
}

function changeOf({ name, before, after }: Gain): { readonly name: string; readonly share: number } {
  return { name, share: before === 0 ? 0 : after / before - 1 }
}
