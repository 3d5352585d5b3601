import { meanOf } from '../metrics/bootstrap.ts'
import { type PercentEstimate, percentMean, toPercent } from '../metrics/percent.ts'
import { type Level, levelScore } from '../metrics/quality.ts'
import type { Row } from '../row.ts'

/** The same instance in both runs. */
export interface Pair {
  readonly a: Row
  readonly b: Row
}

/** F1 of two runs on the same instances, in percent. `difference` is A minus B with its paired 95% interval. */
export interface PairedF1 {
  readonly a: number | null
  readonly b: number | null
  readonly difference: PercentEstimate
  /** Instances on which A is better, worse and equal. */
  readonly wins: number
  readonly losses: number
  readonly ties: number
}

/** Compares the F1 of a level over the pairs with gold there. */
export function compareLevel(pairs: readonly Pair[], level: Level): PairedF1 {
  const scores = pairs.flatMap((pair) => f1Of(pair, level) ?? [])
  const differences = scores.map(({ a, b }) => a - b)
  return {
    a: toPercent(meanOf(scores.map(({ a }) => a))),
    b: toPercent(meanOf(scores.map(({ b }) => b))),
    difference: percentMean(differences),
    wins: differences.filter((difference) => difference > 0).length,
    losses: differences.filter((difference) => difference < 0).length,
    ties: differences.filter((difference) => difference === 0).length,
  }
}

/** Both F1 of an instance; null where it has no gold at the level. */
export function f1Of({ a, b }: Pair, level: Level): { readonly a: number; readonly b: number } | null {
  const [first, second] = [levelScore(a, level), levelScore(b, level)]
  return first === null || second === null ? null : { a: first.f1, b: second.f1 }
}
