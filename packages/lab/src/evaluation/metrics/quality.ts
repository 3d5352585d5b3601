import type { Row } from '../row.ts'
import type { LevelScore } from '../score.ts'
import { type PercentEstimate, percentMean } from './statistics.ts'

export type Level = 'file' | 'function'

/** The means of one level, in percent. Every `n` is the number of instances with gold at that level. */
export interface LevelSummary {
  readonly precision: PercentEstimate
  readonly recall: PercentEstimate
  readonly f1: PercentEstimate
  readonly accAt1: PercentEstimate
  readonly accAt3: PercentEstimate
  readonly accAt5: PercentEstimate
}

/** Which instances a number is over: all, or those whose fix is kept (`Gold.kept`). Never mixed in one column. */
export type Subset = 'all' | 'kept'

export const SUBSETS: readonly Subset[] = ['all', 'kept']

const ZERO: LevelScore = { precision: 0, recall: 0, f1: 0, accAt1: 0, accAt3: 0, accAt5: 0 }

/**
 * The row's score at a level; null without gold at that level, and then left out of every mean. A failed row scores
 * zero at each level with gold, and at both if its gold could not be found.
 */
export function levelScore(row: Row, level: Level): LevelScore | null {
  if (row.status === 'done') return row.score[level]
  if (row.gold === null) return ZERO
  const gold = level === 'file' ? row.gold.files : row.gold.functions
  return gold.length > 0 ? ZERO : null
}

/** The rows of a subset. A row whose gold could not be found is in both, with a score of zero. */
export function selectSubset(rows: readonly Row[], subset: Subset): readonly Row[] {
  return subset === 'all' ? rows : rows.filter((row) => row.gold === null || row.gold.kept)
}

/** Means and intervals of a level over rows of one policy. */
export function summarizeLevel(rows: readonly Row[], level: Level): LevelSummary {
  return summarizeScores(rows.map((row) => levelScore(row, level)))
}

/** Means and intervals of scores; null ones, without gold at the level, are left out. */
export function summarizeScores(scores: readonly (LevelScore | null)[]): LevelSummary {
  const counted = scores.filter((score) => score !== null)
  const mean = (key: keyof LevelScore): PercentEstimate => percentMean(counted.map((score) => score[key]))
  return {
    precision: mean('precision'),
    recall: mean('recall'),
    f1: mean('f1'),
    accAt1: mean('accAt1'),
    accAt3: mean('accAt3'),
    accAt5: mean('accAt5'),
  }
}

/** The F1 of each row with gold at the level, in row order. */
export function f1Values(rows: readonly Row[], level: Level): number[] {
  return rows.flatMap((row) => levelScore(row, level)?.f1 ?? [])
}
