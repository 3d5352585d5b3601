import type { ModelUse } from 'fusesearch/agent'
import type { DoneRow, Row, TurnStats } from '../row.ts'
import { f1Values, type LevelSummary, type Subset, selectSubset, summarizeLevel } from './quality.ts'
import { meanOf, type PercentEstimate, percentile, percentMean, roundOrNull, roundTo, toPercent } from './statistics.ts'

/** One policy over one subset. */
interface SubsetSummary {
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

/** The calls of one turn, over all trajectories that reached it. */
export interface TurnSummary {
  readonly turn: number
  /** Trajectories with calls in this turn. */
  readonly n: number
  readonly breadth: number
  /** Mean gain of a call, percent. */
  readonly gain: number
  /** Redundant calls over calls, percent. */
  readonly redundancy: number
}

/** What the searches cost: means over the instances that ran. Failed ones are counted elsewhere. */
export interface SearchSummary {
  readonly n: number
  readonly answer: { readonly files: number | null; readonly functions: number | null }
  readonly turns: number | null
  readonly calls: number | null
  readonly byTurn: readonly TurnSummary[]
  /** Redundant calls over all calls, percent; null without calls. */
  readonly redundancy: number | null
  /** Mean e over trajectories, percent; `nulls` made no call and are left out. */
  readonly efficiency: { readonly value: number | null; readonly n: number; readonly nulls: number }
  /** Calls that showed a gold file over all calls, percent. */
  readonly goldCalls: number | null
  readonly bytesShown: number | null
  /** Searches ended by the deadline. */
  readonly cut: number
  readonly ms: {
    readonly mean: number | null
    readonly p50: number | null
    readonly p95: number | null
    readonly policy: number | null
    readonly tools: number | null
  }
  /** Null when no search used a model. */
  readonly model: ModelSummary | null
}

/** Turns, calls, redundancy, efficiency and times of one policy's rows. */
export function summarizeSearch(rows: readonly Row[]): SearchSummary {
  const done = rows.filter((row) => row.status === 'done')
  const calls = total(done, (row) => row.stats.calls)
  const efficiencies = done.flatMap((row) => row.stats.efficiency ?? [])
  const mean = (pick: (row: DoneRow) => number, decimals: number): number | null =>
    roundOrNull(meanOf(done.map(pick)), decimals)
  return {
    n: done.length,
    answer: { files: mean((row) => row.files.length, 2), functions: mean((row) => row.functions.length, 2) },
    turns: mean((row) => row.stats.turns, 2),
    calls: mean((row) => row.stats.calls, 2),
    byTurn: summarizeTurns(done.map((row) => row.stats.byTurn)),
    redundancy: calls === 0 ? null : toPercent(total(done, redundantCalls) / calls),
    efficiency: {
      value: toPercent(meanOf(efficiencies)),
      n: efficiencies.length,
      nulls: done.length - efficiencies.length,
    },
    goldCalls: calls === 0 ? null : toPercent(total(done, (row) => row.stats.goldCalls) / calls),
    bytesShown: mean((row) => row.stats.bytesShown, 0),
    cut: done.filter((row) => row.stats.isCut).length,
    ms: summarizeMs(done, mean),
    model: summarizeModel(done),
  }
}

/** Turn 1, 2, …, each over the trajectories that made calls in it. */
function summarizeTurns(trajectories: readonly (readonly TurnStats[])[]): TurnSummary[] {
  const longest = Math.max(0, ...trajectories.map((turns) => turns.length))
  return Array.from({ length: longest }, (_, index) => {
    const turns = trajectories.flatMap((trajectory) => trajectory[index] ?? []).filter((turn) => turn.breadth > 0)
    const calls = turns.reduce((sum, turn) => sum + turn.breadth, 0)
    const gains = turns.reduce((sum, turn) => sum + turn.gain * turn.breadth, 0)
    const redundant = turns.reduce((sum, turn) => sum + turn.redundant, 0)
    return {
      turn: index + 1,
      n: turns.length,
      breadth: roundTo(calls / Math.max(1, turns.length), 2),
      gain: roundTo((100 * gains) / Math.max(1, calls), 1),
      redundancy: roundTo((100 * redundant) / Math.max(1, calls), 1),
    }
  }).filter((turn) => turn.n > 0)
}

function summarizeMs(
  done: readonly DoneRow[],
  mean: (pick: (row: DoneRow) => number, decimals: number) => number | null,
): SearchSummary['ms'] {
  const sorted = done.map((row) => row.stats.ms.total).sort((a, b) => a - b)
  const at = (share: number): number | null => (sorted.length === 0 ? null : roundTo(percentile(sorted, share), 1))
  return {
    mean: mean((row) => row.stats.ms.total, 1),
    p50: at(0.5),
    p95: at(0.95),
    policy: mean((row) => row.stats.ms.policy, 1),
    tools: mean((row) => row.stats.ms.tools, 1),
  }
}

function redundantCalls(row: DoneRow): number {
  return row.stats.byTurn.reduce((sum, turn) => sum + turn.redundant, 0)
}

function total(rows: readonly DoneRow[], pick: (row: DoneRow) => number): number {
  return rows.reduce((sum, row) => sum + pick(row), 0)
}

/** What a policy's model cost: means over the instances that used one. */
export interface ModelSummary {
  readonly n: number
  readonly requests: number | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  /** Part of the input that came from the endpoint's cache; null when the endpoint doesn't report it. */
  readonly cachedTokens: number | null
  /** In the currency of the prices that were given; null without prices. */
  readonly cost: number | null
  /** Milliseconds of waiting for replies; part of the policy's time. */
  readonly ms: number | null
  /** Instances whose tokens are partly estimated, since the endpoint doesn't report them. */
  readonly estimated: number
}

/** Null when no instance used a model. */
function summarizeModel(done: readonly DoneRow[]): ModelSummary | null {
  const uses = done.flatMap(({ stats }) => stats.model ?? [])
  if (uses.length === 0) return null
  const mean = (pick: (use: ModelUse) => number | null, decimals: number): number | null =>
    roundOrNull(meanOf(uses.flatMap((use) => pick(use) ?? [])), decimals)
  return {
    n: uses.length,
    requests: mean(({ requests }) => requests, 2),
    inputTokens: mean(({ inputTokens }) => inputTokens, 0),
    outputTokens: mean(({ outputTokens }) => outputTokens, 0),
    cachedTokens: mean(({ cachedTokens }) => cachedTokens, 0),
    cost: mean(({ cost }) => cost, 6),
    ms: mean(({ ms }) => ms, 1),
    estimated: uses.filter(({ isEstimated }) => isEstimated).length,
  }
}

type BreakdownBy = 'repository' | 'language' | 'gold-files' | 'gold-functions' | 'issue-kind'

/** The F1 of one group of instances. Groups of `issue-kind` overlap; the others do not. */
interface BreakdownGroup {
  readonly by: BreakdownBy
  readonly group: string
  /** Instances in the group, failed ones too. */
  readonly instances: number
  readonly fileF1: PercentEstimate
  readonly functionF1: PercentEstimate
}

const GROUPINGS: readonly { readonly by: BreakdownBy; readonly groupsOf: (row: Row) => readonly string[] }[] = [
  { by: 'repository', groupsOf: (row) => [row.repository] },
  { by: 'language', groupsOf: (row) => [row.language] },
  { by: 'gold-files', groupsOf: (row) => [sizeGroup(row.gold?.files)] },
  { by: 'gold-functions', groupsOf: (row) => [sizeGroup(row.gold?.functions)] },
  { by: 'issue-kind', groupsOf: (row) => row.kinds },
]

/** F1 by repository, language, gold size and kind of issue; groups in the order of their names. */
function breakDown(rows: readonly Row[]): BreakdownGroup[] {
  return GROUPINGS.flatMap(({ by, groupsOf }) => {
    const groups = new Map<string, Row[]>()
    for (const row of rows) {
      for (const group of groupsOf(row)) groups.set(group, [...(groups.get(group) ?? []), row])
    }
    const names = [...groups.keys()].sort()
    return names.map((group) => summarizeGroup({ by, group, rows: groups.get(group) ?? [] }))
  })
}

function summarizeGroup({ by, group, rows }: { by: BreakdownBy; group: string; rows: readonly Row[] }): BreakdownGroup {
  return {
    by,
    group,
    instances: rows.length,
    fileF1: percentMean(f1Values(rows, 'file')),
    functionF1: percentMean(f1Values(rows, 'function')),
  }
}

/** Few instances have gold of three or more, so they form one group. */
function sizeGroup(gold: readonly unknown[] | undefined): string {
  if (gold === undefined) return 'unknown'
  return gold.length >= 3 ? '3 or more' : String(gold.length)
}
