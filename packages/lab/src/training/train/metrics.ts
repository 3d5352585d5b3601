import type { GroupResult, PackedRollout } from '../rollout/play.ts'

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

/** e is comparable while calls and bytes exceed those of the start by at most this share. */
const MAX_EXTRA_SPENDING = 0.1

/**
 * Whether a policy earns more reward than the best so far, with a cost close to that of the policy that training
 * started with and without a lower F1. The reward alone would trade F1 for e.
 */
export function isBetter(candidate: Metrics, best: number, start: Metrics | undefined): boolean {
  const bound = 1 + MAX_EXTRA_SPENDING
  if (start === undefined) return candidate.reward > best
  const isWithinCost = candidate.calls <= bound * start.calls && candidate.bytes <= bound * start.bytes
  return isWithinCost && candidate.f1 >= start.f1 && candidate.reward > best
}

function meanOf(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null)
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length)
}

/** Cost: calls and bytes of a rollout, or means of several. */
interface Spending {
  readonly calls: number
  readonly bytes: number
}

/** By sample: the mean cost of the teacher's rollouts on it. */
export type UsualCost = Readonly<Record<number, Spending>>

/** Means over each group. */
export function usualCostOf(results: readonly GroupResult[]): UsualCost {
  const played = results.flatMap((result) => (result.ok && result.rollouts.length > 0 ? [result] : []))
  return Object.fromEntries(
    played.map(({ sample, rollouts }) => {
      const mean = (pick: (rollout: PackedRollout) => number): number =>
        rollouts.reduce((sum, rollout) => sum + pick(rollout), 0) / rollouts.length
      return [sample, { calls: mean(({ calls }) => calls), bytes: mean(({ bytesShown }) => bytesShown) }]
    }),
  )
}

/** A rollout's cost as a multiple of the usual cost of its sample, the mean over calls and bytes; 0 if unknown. */
export function costOf({ calls, bytesShown }: PackedRollout, usual: Spending | undefined): number {
  if (usual === undefined) return 0
  return 0.5 * (calls / Math.max(1, usual.calls) + bytesShown / Math.max(1, usual.bytes))
}

/**
 * The factor of the penalty on cost after an update: dual ascent on the constraint that calls and bytes, whichever has
 * grown more, stay the same, because e is comparable only at about equal cost. Never below 0.
 */
export function nextPenaltyFactor(
  results: readonly GroupResult[],
  { price, usual }: { readonly price: number; readonly usual: UsualCost },
  rate: number,
): number {
  const now = usualCostOf(results)
  let [calls, bytes, usualCalls, usualBytes] = [0, 0, 0, 0]
  for (const [sample, spent] of Object.entries(now)) {
    const before = usual[Number(sample)]
    if (before === undefined) continue
    calls += spent.calls
    bytes += spent.bytes
    usualCalls += before.calls
    usualBytes += before.bytes
  }
  if (usualCalls === 0 || usualBytes === 0) return price
  return Math.max(0, price + rate * (Math.max(calls / usualCalls, bytes / usualBytes) - 1))
}
