import type { ModelUse } from 'fusesearch/agent'
import type { IssueKind } from './metrics/issue-kind.ts'
import type { FunctionId, GoldSets, Prediction, Score } from './score.ts'

/** Version of the row format; a folder of another version is refused. */
export const ROW_VERSION = 1

/** The gold of a row: its sets, and the facts that decide which subsets the instance is in. */
export interface RowGold extends GoldSets {
  readonly addsFile: boolean
  readonly addsFunction: boolean
  readonly kept: boolean
}

/** One turn of a search, by number. */
export interface TurnStats {
  /** Calls of the turn. */
  readonly breadth: number
  /** Mean gain of its calls (paper §3). */
  readonly gain: number
  /** Its calls that revealed nothing new. */
  readonly redundant: number
}

/** The cost of a search; a ranker has no turns. Times are wall-clock milliseconds on this machine. */
export interface RunStats {
  readonly turns: number
  readonly calls: number
  readonly byTurn: readonly TurnStats[]
  /** Mean gain of all calls; null without calls. */
  readonly efficiency: number | null
  readonly bytesShown: number
  /** Calls that showed a gold file. */
  readonly goldCalls: number
  /** The deadline or an abort ended the search; the answer is the best so far. */
  readonly isCut: boolean
  readonly ms: { readonly total: number; readonly policy: number; readonly tools: number }
  /** The cost of its model; absent without a model. */
  readonly model?: ModelUse
}

/** The part that every row of an instance has. */
export interface RowInstance {
  readonly version: typeof ROW_VERSION
  readonly id: string
  readonly policy: string
  readonly repository: string
  /** Language of the first gold file, or `other`. */
  readonly language: string
  /** Null when the gold could not be found. */
  readonly gold: RowGold | null
  readonly kinds: readonly IssueKind[]
}

/** An instance that ran. */
export interface DoneRow extends RowInstance {
  readonly status: 'done'
  readonly gold: RowGold
  readonly score: Score
  readonly files: readonly string[]
  readonly functions: readonly FunctionId[]
  readonly ranking: Prediction['ranking']
  readonly confidence: number
  readonly stats: RunStats
  /** Milliseconds of the instance outside the search: opening the snapshot, gold and scoring. */
  readonly setupMs: { readonly snapshot: number; readonly harness: number }
  /** Files that weren't searched, because the repository lacks their contents; absent in rows of older runs. */
  readonly missingFiles?: number
  /** Relative to the run's folder; null for a ranker, which records none. */
  readonly trajectory: string | null
}

/** An instance that failed. It counts as zero at each level that has gold. */
export interface FailedRow extends RowInstance {
  readonly status: 'failed'
  readonly error: { readonly code: string; readonly message: string }
  readonly trajectory: string | null
}

/** One line of `rows.jsonl`: one instance under one policy. */
export type Row = DoneRow | FailedRow

/** What identifies a row within a run. */
export function rowKey(row: Pick<Row, 'id' | 'policy'>): string {
  return `${row.policy}\n${row.id}`
}
