import type { Row } from './row.ts'
import type { Contestant } from './run/contestant.ts'

/** A line of `samples.jsonl`: one trajectory with its scores and its cost. */
export interface SampleLine {
  readonly id: string
  readonly repository: string
  readonly policy: string
  readonly sample: number
  readonly seed: number
  readonly status: Row['status']
  /** Relative to the folder; null if there is none. */
  readonly trajectory: string | null
  /** Null without gold at the level; a failed sample scores 0 at a level with gold. */
  readonly fileF1: number | null
  readonly functionF1: number | null
  /** e, the mean gain of a call (paper §3); null without a call. */
  readonly efficiency: number | null
  readonly turns: number
  readonly calls: number
  /** Tokens in and out; null without a model. */
  readonly tokens: number | null
  readonly isKept: boolean | null
}

/** The rows of a rollout as lines of `samples.jsonl`. */
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

/** A failure counts as zero only at a level with gold. */
function zeroOf(gold: readonly unknown[] | undefined): number | null {
  return gold === undefined || gold.length === 0 ? null : 0
}

/** The name of a policy's sample in rows and folders: `llm#3` is the fourth. */
export function sampleName(policy: string, sample: number): string {
  return `${policy}#${sample}`
}

/** Splits a contestant's name; `sample` is null without a sample number. */
export function parseSampleName(name: string): { readonly policy: string; readonly sample: number | null } {
  const [, policy = name, sample] = /^(.*)#(\d+)$/.exec(name) ?? []
  return { policy, sample: sample === undefined ? null : Number(sample) }
}

/** Makes a contestant one sample of a rollout: its sample number is added to the run's seed. */
export function createSampleContestant(contestant: Contestant): Contestant {
  const sample = parseSampleName(contestant.name).sample ?? 0
  return { name: contestant.name, run: (task) => contestant.run({ ...task, seed: task.seed + sample }) }
}
