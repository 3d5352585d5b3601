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

/** Every instance of each policy as a line of the figures. */
export function seriesOf(policies: readonly PolicySummary[], label = (policy: string): string => policy): Series[] {
  return policies.map(({ policy, subsets: { all } }) => ({
    label: label(policy),
    byTurn: all.search.byTurn,
    ms: all.search.ms.mean,
    fileF1: all.file.f1.value,
    functionF1: all.function.f1.value,
  }))
}
