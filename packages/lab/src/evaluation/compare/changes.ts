import { roundTo } from '../metrics/percent.ts'
import type { Level } from '../metrics/quality.ts'
import { f1Of, type Pair } from './paired.ts'

/** An instance whose F1 differs. Percentages. */
export interface ChangedInstance {
  readonly id: string
  readonly fileF1: BothF1 | null
  readonly functionF1: BothF1 | null
  readonly trajectories: { readonly a: string | null; readonly b: string | null }
}

interface BothF1 {
  readonly a: number
  readonly b: number
}

/** Instances shown of those that changed. */
const SHOWN_CHANGES = 10

/** The instances whose F1 changed most, file and function together; equal changes by id. */
export function mostChanged(pairs: readonly Pair[]): ChangedInstance[] {
  return pairs
    .map((pair) => ({ pair, size: changeOf(pair, 'file') + changeOf(pair, 'function') }))
    .filter(({ size }) => size > 0)
    .sort((x, y) => y.size - x.size || (x.pair.a.id < y.pair.a.id ? -1 : 1))
    .slice(0, SHOWN_CHANGES)
    .map(({ pair }) => ({
      id: pair.a.id,
      fileF1: asPercents(pair, 'file'),
      functionF1: asPercents(pair, 'function'),
      trajectories: { a: pair.a.trajectory, b: pair.b.trajectory },
    }))
}

function changeOf(pair: Pair, level: Level): number {
  const scores = f1Of(pair, level)
  return scores === null ? 0 : Math.abs(scores.a - scores.b)
}

function asPercents(pair: Pair, level: Level): BothF1 | null {
  const scores = f1Of(pair, level)
  return scores === null ? null : { a: roundTo(scores.a * 100, 1), b: roundTo(scores.b * 100, 1) }
}
