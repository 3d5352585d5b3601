import type { Row } from '../row.ts'
import { parseSampleName } from './sample.ts'

/** A line of `samples.jsonl`: one trajectory, what it is worth and what it cost. */
export interface SampleLine {
  readonly id: string
  readonly repository: string
  readonly policy: string
  readonly sample: number
  readonly seed: number
  readonly status: Row['status']
  /** Relative to the folder; null where there is none. */
  readonly trajectory: string | null
  /** Null where there is no gold at the level; a failed sample scores 0 where there is. */
  readonly fileF1: number | null
  readonly functionF1: number | null
  /** e of SPEC §3; null without a call. */
  readonly efficiency: number | null
  readonly turns: number
  readonly calls: number
  /** Tokens in and out; null where no model was asked. */
  readonly tokens: number | null
  readonly isKept: boolean | null
}

/** The rows of a rollout as the lines that a filter of samples reads. */
export function sampleLines(rows: readonly Row[], seed: number): readonly SampleLine[] {
  return rows.map((row) => {
    const { policy, sample } = parseSampleName(row.policy)
    const isDone = row.status === 'done'
    const base = { id: row.id, repository: row.repository, policy, sample: sample ?? 0, seed: seed + (sample ?? 0) }
    const model = isDone ? row.stats.model : undefined
    return {
      ...base,
      status: row.status,
      trajectory: row.trajectory,
      fileF1: isDone ? (row.score.file?.f1 ?? null) : zeroOf(row.gold?.files),
      functionF1: isDone ? (row.score.function?.f1 ?? null) : zeroOf(row.gold?.functions),
      efficiency: isDone ? row.stats.efficiency : null,
      turns: isDone ? row.stats.turns : 0,
      calls: isDone ? row.stats.calls : 0,
      tokens: model === undefined ? null : model.inputTokens + model.outputTokens,
      isKept: row.gold?.kept ?? null,
    }
  })
}

/** A failure counts where there is something to find. */
function zeroOf(gold: readonly unknown[] | undefined): number | null {
  return gold === undefined || gold.length === 0 ? null : 0
}
