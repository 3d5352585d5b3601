import type { ModelUse } from 'fusesearch/agent'
import type { DoneRow } from '../row.ts'
import { meanOf } from './bootstrap.ts'
import { roundOrNull } from './percent.ts'

/** What a policy's model cost: means over the instances that asked one. */
export interface ModelSummary {
  readonly n: number
  readonly requests: number | null
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  /** Part of the input that came from the endpoint's cache; null where none of them says. */
  readonly cachedTokens: number | null
  /** In the currency of the prices that were given; null without prices. */
  readonly cost: number | null
  /** Milliseconds of waiting for replies; part of the policy's time. */
  readonly ms: number | null
  /** Instances whose tokens are estimated in part, since the endpoint doesn't say them. */
  readonly estimated: number
}

/** Summarizes what models cost; null where no instance asked one. */
export function summarizeModel(done: readonly DoneRow[]): ModelSummary | null {
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
