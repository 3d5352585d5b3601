import type { Row } from '../row.ts'
import { type BreakdownGroup, breakDown } from './breakdown.ts'
import { type LevelSummary, type Subset, selectSubset, summarizeLevel } from './quality.ts'
import { type SearchSummary, summarizeSearch } from './search.ts'

/** One policy over one subset. */
export interface SubsetSummary {
  readonly instances: number
  readonly failed: number
  readonly file: LevelSummary
  readonly function: LevelSummary
  readonly search: SearchSummary
  readonly breakdown: readonly BreakdownGroup[]
}

/** One policy of a run. Percentages have one decimal. */
export interface PolicySummary {
  readonly policy: string
  readonly subsets: Readonly<Record<Subset, SubsetSummary>>
}

/** The numbers of each policy, in the order of `policies`. */
export function summarizePolicies(rows: readonly Row[], policies: readonly string[]): PolicySummary[] {
  return policies.map((policy) => {
    const own = rows.filter((row) => row.policy === policy)
    const over = (subset: Subset): SubsetSummary => summarizeSubset(selectSubset(own, subset))
    return { policy, subsets: { all: over('all'), kept: over('kept') } }
  })
}

function summarizeSubset(rows: readonly Row[]): SubsetSummary {
  return {
    instances: rows.length,
    failed: rows.filter((row) => row.status === 'failed').length,
    file: summarizeLevel(rows, 'file'),
    function: summarizeLevel(rows, 'function'),
    search: summarizeSearch(rows),
    breakdown: breakDown(rows),
  }
}
