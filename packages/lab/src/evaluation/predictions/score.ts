import { FuseSearchError } from 'fusesearch/core'
import { type LevelSummary, SUBSETS, type Subset, summarizeScores } from '../metrics/quality.ts'
import type { RowGold } from '../row.ts'
import { EMPTY_PREDICTION, scorePrediction } from '../score.ts'
import { cutPrediction, type Predictions } from './parse.ts'

/** An instance with its gold. */
export interface ScoredInstance {
  readonly id: string
  readonly gold: RowGold
}

/** One cut of the predictions over one subset; `size` null is as shipped. */
export interface CutScore {
  readonly size: number | null
  readonly subset: Subset
  readonly instances: number
  readonly file: LevelSummary
  readonly function: LevelSummary
}

/** The object of `fusesearch score --json`. Percentages have one decimal. */
export interface PredictionsScore {
  readonly version: 1
  readonly instances: number
  /** Instances that the predictions don't answer; they count as zero. */
  readonly missing: readonly string[]
  readonly scores: readonly CutScore[]
}

const SIZES: readonly (number | null)[] = [null, 1, 2, 3]
/** Names shown of those that are wrong. */
const SHOWN_IDS = 5

/**
 * Scores another system's predictions by the project's one definition: as shipped, and cut to 1, 2 and 3 entries.
 * Throws FuseSearchError `bad-predictions` for ids that the dataset lacks.
 */
export function scorePredictions(instances: readonly ScoredInstance[], predictions: Predictions): PredictionsScore {
  refuseUnknown(instances, predictions)
  const missing = instances.filter(({ id }) => !predictions.has(id)).map(({ id }) => id)
  const scores = SIZES.flatMap((size) =>
    SUBSETS.map((subset): CutScore => {
      const own = subset === 'all' ? instances : instances.filter(({ gold }) => gold.kept)
      const scored = own.map(({ id, gold }) => {
        const prediction = predictions.get(id) ?? EMPTY_PREDICTION
        return scorePrediction(size === null ? prediction : cutPrediction(prediction, size), gold)
      })
      return {
        size,
        subset,
        instances: own.length,
        file: summarizeScores(scored.map(({ file }) => file)),
        function: summarizeScores(scored.map((score) => score.function)),
      }
    }),
  )
  return { version: 1, instances: instances.length, missing, scores }
}

/** Throws FuseSearchError `bad-predictions` when predictions name instances that the dataset lacks. */
export function refuseUnknown(instances: readonly { readonly id: string }[], predictions: Predictions): void {
  const known = new Set(instances.map(({ id }) => id))
  const unknown = [...predictions.keys()].filter((id) => !known.has(id))
  if (unknown.length === 0) return
  const shown = unknown.slice(0, SHOWN_IDS).join(', ')
  const more = unknown.length > SHOWN_IDS ? ` and ${unknown.length - SHOWN_IDS} more` : ''
  throw new FuseSearchError(
    `The predictions name ${unknown.length} instances that the dataset doesn't have: ${shown}${more}. Name the dataset that they were made for, or remove these lines.`,
    { code: 'bad-predictions' },
  )
}
