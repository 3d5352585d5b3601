import type { DoneRow, Row, TurnStats } from '../row.ts'
import { meanOf, percentile } from './bootstrap.ts'
import { type ModelSummary, summarizeModel } from './model-use.ts'
import { roundOrNull, roundTo, toPercent } from './percent.ts'

/** What the calls of one turn did, over all trajectories that reached it. */
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

/** What the searches cost: means over instances that ran; failed ones are left out and counted elsewhere. */
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
  /** Null where no search asked a model. */
  readonly model: ModelSummary | null
}

/** Turns, calls, redundancy, efficiency and times of one policy's rows (SPEC §3, §5). */
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

/** What turn 1, 2, … did, over the trajectories that made calls in it. */
export function summarizeTurns(trajectories: readonly (readonly TurnStats[])[]): TurnSummary[] {
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
