import type { TurnSummary } from '../metrics/search.ts'
import type { PolicySummary } from '../metrics/summary.ts'

/** One line of the figures. */
export interface Series {
  readonly label: string
  readonly byTurn: readonly TurnSummary[]
  /** Mean milliseconds of a search; null without one. */
  readonly ms: number | null
  /** Percent. */
  readonly fileF1: number | null
  readonly functionF1: number | null
}

/** Turns that fewer of the searches reached are left out of figures: a mean over a handful is noise. */
export const SHOWN_SHARE = 0.1

/** Every instance of each policy as a line of the figures. */
export function seriesOf(policies: readonly PolicySummary[], label = (policy: string): string => policy): Series[] {
  return policies.map(({ policy, subsets: { all } }) => ({
    label: label(policy),
    byTurn: all.search.byTurn.filter(({ n }) => n >= all.search.n * SHOWN_SHARE),
    ms: all.search.ms.mean,
    fileF1: all.file.f1.value,
    functionF1: all.function.f1.value,
  }))
}
