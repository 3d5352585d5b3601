import type { HistoryPlace, Observation } from 'fusesearch/search'
import type { RunStats } from '../row.ts'
import type { Prediction } from '../score.ts'

/** One instance as a contestant gets it: nothing of the fix. */
export interface ContestantTask {
  /** Folder with the files of the base commit. */
  readonly root: string
  /** Where the commits before the base are, for a contestant that searches them; nothing after the base is. */
  readonly history?: HistoryPlace | undefined
  readonly issue: string
  readonly seed: number
  readonly repository: { readonly name: string; readonly commit: string }
  /** File that the trajectory goes to, for contestants that leave one. */
  readonly trajectory: string
  readonly signal: AbortSignal
}

/** What a contestant answered and what it cost. */
export interface ContestantResult {
  readonly prediction: Prediction
  readonly confidence: number
  readonly stats: Omit<RunStats, 'goldCalls'>
  /** What its calls showed, in order. */
  readonly observations: readonly Observation[]
  readonly hasTrajectory: boolean
}

/** Something that localizes: a policy in the product's loop, or a ranker. Rejects with why when it can't. */
export interface Contestant {
  readonly name: string
  run(task: ContestantTask): Promise<ContestantResult>
}
