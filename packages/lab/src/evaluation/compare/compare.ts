import { FuseSearchError } from 'fusesearch/core'
import { type Estimate, estimateMean } from '../metrics/bootstrap.ts'
import { roundOrNull } from '../metrics/percent.ts'
import { type Subset, selectSubset } from '../metrics/quality.ts'
import { type SearchSummary, summarizeSearch } from '../metrics/search.ts'
import type { Row } from '../row.ts'
import { turnsOf } from '../run/budget.ts'
import { type ChangedInstance, mostChanged } from './changes.ts'
import { type EqualBudget, equalCalls, equalTurns } from './equal.ts'
import { compareLevel, type Pair, type PairedF1 } from './paired.ts'
import type { RunSide } from './side.ts'

/** One of the two things compared: a policy of a run. */
export interface ComparedRun {
  readonly run: string
  readonly policy: string
  readonly commit: string | null
  readonly command: string
  /** Turns that it might take, the answering one included. */
  readonly maxTurns: number
  readonly search: SearchSummary
}

/** The object of `fusesearch compare --json`. Percentages have one decimal; every difference is A minus B. */
export interface Comparison {
  readonly version: 1
  readonly a: ComparedRun
  readonly b: ComparedRun
  /** Instances in both. */
  readonly instances: number
  readonly onlyInA: number
  readonly onlyInB: number
  readonly subsets: Readonly<Record<Subset, { readonly file: PairedF1; readonly function: PairedF1 }>>
  /** Milliseconds of a search, A minus B, over the pairs that both ran. */
  readonly ms: Estimate
  /** Null beside a ranker, which has neither turns nor calls. */
  readonly equalTurns: EqualBudget | null
  readonly equalCalls: EqualBudget | null
  readonly mostChanged: readonly ChangedInstance[]
}

/**
 * Compares two runs instance by instance. Throws FuseSearchError `bad-run` when they share no instance, or when their
 * gold differs: then they ran on different versions of the dataset.
 */
export function compareRuns(a: RunSide, b: RunSide): Comparison {
  const pairs = pairRows(a, b)
  const bothDone = pairs.flatMap((pair) =>
    pair.a.status === 'done' && pair.b.status === 'done' ? [pair.a.stats.ms.total - pair.b.stats.ms.total] : [],
  )
  const { n, mean, low, high } = estimateMean(bothDone)
  const over = (subset: Subset): Comparison['subsets'][Subset] => {
    const own = pairs.filter((pair) => selectSubset([pair.a, pair.b], subset).length > 0)
    return { file: compareLevel(own, 'file'), function: compareLevel(own, 'function') }
  }
  const budgets = { a: turnsOf(a.header.identity, a.policy), b: turnsOf(b.header.identity, b.policy) }
  return {
    version: 1,
    a: describeSide(
      a,
      pairs.map((pair) => pair.a),
    ),
    b: describeSide(
      b,
      pairs.map((pair) => pair.b),
    ),
    instances: pairs.length,
    onlyInA: a.rows.length - pairs.length,
    onlyInB: b.rows.length - pairs.length,
    subsets: { all: over('all'), kept: over('kept') },
    ms: { n, mean: roundOrNull(mean, 1), low: roundOrNull(low, 1), high: roundOrNull(high, 1) },
    equalTurns: equalTurns(pairs, budgets),
    equalCalls: equalCalls(pairs, budgets),
    mostChanged: mostChanged(pairs),
  }
}

function pairRows(a: RunSide, b: RunSide): Pair[] {
  const others = new Map(b.rows.map((row) => [row.id, row]))
  const pairs = a.rows.flatMap((row) => {
    const other = others.get(row.id)
    return other === undefined ? [] : [{ a: row, b: other }]
  })
  if (pairs.length === 0) {
    const message = `${a.run} and ${b.run} share no instance. Compare runs of one dataset.`
    throw new FuseSearchError(message, { code: 'bad-run' })
  }
  const differing = pairs.filter(
    (pair) => goldKey(pair.a) !== goldKey(pair.b) && pair.a.gold !== null && pair.b.gold !== null,
  )
  const [first] = differing
  if (first === undefined) return pairs
  const message = `${a.run} and ${b.run} have different gold for ${differing.length} instances, ${first.a.id} for one: they ran on different versions of the dataset. Run one of them again.`
  throw new FuseSearchError(message, { code: 'bad-run' })
}

function goldKey({ gold }: Row): string {
  return JSON.stringify([gold?.files, gold?.functions])
}

function describeSide({ run, policy, header }: RunSide, rows: readonly Row[]): ComparedRun {
  const { commit, command } = header.setup
  return { run, policy, commit, command, maxTurns: turnsOf(header.identity, policy), search: summarizeSearch(rows) }
}
