import type { GroupResult, PackedRollout } from '../rollout/group.ts'

/** Calls and bytes of a rollout, or means of several. */
export interface Spending {
  readonly calls: number
  readonly bytes: number
}

/** By sample: what the teacher's rollouts over it spend in the mean. */
export type UsualSpending = Readonly<Record<number, Spending>>

/** Means over each group. */
export function spendingOf(results: readonly GroupResult[]): UsualSpending {
  const played = results.flatMap((result) => (result.ok && result.rollouts.length > 0 ? [result] : []))
  return Object.fromEntries(
    played.map(({ sample, rollouts }) => {
      const mean = (pick: (rollout: PackedRollout) => number): number =>
        rollouts.reduce((sum, rollout) => sum + pick(rollout), 0) / rollouts.length
      return [sample, { calls: mean(({ calls }) => calls), bytes: mean(({ bytesShown }) => bytesShown) }]
    }),
  )
}

/** What a rollout spends as a multiple of what is usual for its sample: the mean of calls and bytes; 0 where unknown. */
export function costOf({ calls, bytesShown }: PackedRollout, usual: Spending | undefined): number {
  if (usual === undefined) return 0
  return 0.5 * (calls / Math.max(1, usual.calls) + bytesShown / Math.max(1, usual.bytes))
}

/**
 * The price of spending after an update: dual ascent on the constraint that calls and bytes, whichever has grown more,
 * stay what they were (SPEC §3: e may only be compared at about equal spending). Never below 0.
 */
export function nextPrice(
  results: readonly GroupResult[],
  { price, usual }: { readonly price: number; readonly usual: UsualSpending },
  rate: number,
): number {
  const now = spendingOf(results)
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
