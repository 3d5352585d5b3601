import type { Observation, ToolLimits } from '../search/index.ts'
import type { ObservationDigest } from './digest.ts'
import type { ModelUse } from './policy.ts'
import type { RunEnd, RunStart, TurnRecord } from './run.ts'

/**
 * The trajectory: one run as JSONL, a header, a line for each turn in which calls ran, and the end. This file and its
 * imports use nothing of Node. Readers accept only `TRAJECTORY_VERSION`; adding a field doesn't change the version.
 */
export const TRAJECTORY_SCHEMA = 'fusesearch-trajectory'
export const TRAJECTORY_VERSION = 1

/** What the header holds and the loop doesn't know. */
export interface TrajectoryFacts {
  /** The program that ran. */
  readonly tool: { readonly name: string; readonly version: string }
  /** The limits of the runner of the calls. */
  readonly limits: ToolLimits
  readonly repository: { readonly name?: string; readonly commit?: string }
  /** Keep whole observations, so that the run can be replayed; otherwise only their digests. */
  readonly full: boolean
}

/** First line. */
export interface TrajectoryHeader extends TrajectoryFacts, RunStart {
  readonly kind: 'header'
  readonly schema: typeof TRAJECTORY_SCHEMA
  readonly version: typeof TRAJECTORY_VERSION
}

/** A turn in which calls ran. */
export interface TrajectoryTurn extends Omit<TurnRecord, 'observations'> {
  readonly kind: 'turn'
  readonly digests: readonly ObservationDigest[]
  /** Present if and only if the header says `full`. */
  readonly observations?: readonly Observation[]
}

/** Last line; a run that was killed or aborted has none. */
export interface TrajectoryEnd extends RunEnd {
  readonly kind: 'end'
}

export type TrajectoryLine = TrajectoryHeader | TrajectoryTurn | TrajectoryEnd

/** A trajectory as read. */
export interface Trajectory {
  readonly header: TrajectoryHeader
  readonly turns: readonly TrajectoryTurn[]
  /** Null when the run was killed before its end. */
  readonly end: TrajectoryEnd | null
  /** True if the end is there and no line is cut off. */
  readonly complete: boolean
}

/** The same trajectory without times: equal for two runs of the same seed and commit. */
export function withoutTimings(trajectory: Trajectory): Trajectory {
  const { turns, end } = trajectory
  const ms = { total: 0, policy: 0, tools: 0 }
  const stats = end && { ...end.stats, ms, ...untimedUse(end.stats) }
  return { ...trajectory, turns: turns.map(untimed), end: end && stats && { ...end, ...untimedUse(end), stats } }
}

function untimedUse({ model }: { readonly model?: ModelUse }): { readonly model?: ModelUse } {
  return model === undefined ? {} : { model: { ...model, ms: 0 } }
}

function untimed(turn: TrajectoryTurn): TrajectoryTurn {
  return { ...turn, callMs: turn.callMs.map(() => null), ms: { policy: 0, tools: 0 }, ...untimedUse(turn) }
}
