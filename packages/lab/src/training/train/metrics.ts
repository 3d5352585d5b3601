import type { PackedRollout } from '../rollout/group.ts'

/** Means over rollouts; shares and scores in [0, 1]. */
export interface Metrics {
  readonly n: number
  readonly reward: number
  readonly f1: number
  readonly fileF1: number
  /** Over those with function gold. */
  readonly functionF1: number
  /** Over those that called. */
  readonly efficiency: number
  readonly redundancy: number
  readonly turns: number
  readonly calls: number
  readonly bytes: number
  /** Mean calls by turn, over the rollouts that called in it. */
  readonly breadth: readonly number[]
}

export function metricsOf(rollouts: readonly PackedRollout[]): Metrics {
  const mean = (pick: (rollout: PackedRollout) => number | null): number => meanOf(rollouts.map(pick))
  const calls = rollouts.reduce((sum, rollout) => sum + rollout.calls, 0)
  const redundant = rollouts.reduce((sum, rollout) => sum + rollout.redundantCalls, 0)
  const turns = Math.max(0, ...rollouts.map(({ breadth }) => breadth.length))
  return {
    n: rollouts.length,
    reward: mean(({ reward }) => reward),
    f1: mean(({ f1 }) => f1),
    fileF1: mean(({ fileF1 }) => fileF1),
    functionF1: mean(({ functionF1 }) => functionF1),
    efficiency: mean(({ efficiency }) => efficiency),
    redundancy: redundant / Math.max(1, calls),
    turns: mean((rollout) => rollout.turns),
    calls: mean((rollout) => rollout.calls),
    bytes: mean(({ bytesShown }) => bytesShown),
    breadth: Array.from({ length: turns }, (_, turn) => mean(({ breadth }) => breadth[turn] ?? null)),
  }
}

/** Calls and bytes beyond those of the start, as a share, up to which e may be compared (SPEC §3). */
export const MAX_EXTRA_SPENDING = 0.1

/**
 * Whether a policy earns more than the best so far, without spending much more than the one that training began with
 * and without giving up F1 for e: a reward of both alone would take that.
 */
export function isBetter(candidate: Metrics, best: number, start: Metrics | undefined): boolean {
  const bound = 1 + MAX_EXTRA_SPENDING
  if (start === undefined) return candidate.reward > best
  const isThrifty = candidate.calls <= bound * start.calls && candidate.bytes <= bound * start.bytes
  return isThrifty && candidate.f1 >= start.f1 && candidate.reward > best
}

function meanOf(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null)
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length)
}
