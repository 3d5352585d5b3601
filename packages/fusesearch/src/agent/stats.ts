import { measureEfficiency } from './entities/efficiency.ts'
import type { ModelUse } from './policy.ts'
import type { RunStats, TurnRecord } from './run.ts'

/** Measures a run from the turns in which calls ran; the answering turn is added. */
export function measureRun(
  turns: readonly TurnRecord[],
  ms: { readonly total: number; readonly policy: number },
  answering?: ModelUse,
): RunStats {
  const uses = [...turns.map(({ model }) => model), answering].filter((use) => use !== undefined)
  const { efficiency, redundantCalls, calls } = measureEfficiency(turns.flatMap(({ gains }) => gains))
  return {
    turns: turns.length + 1,
    calls,
    breadth: turns.map((turn) => turn.calls.length),
    cutCalls: sumOf(turns, ({ cut }) => cut.length),
    efficiency,
    redundantCalls,
    redundancy: calls === 0 ? null : redundantCalls / calls,
    bytesShown: sumOf(turns, ({ bytes }) => bytes),
    ms: { ...ms, tools: sumOf(turns, (turn) => turn.ms.tools) },
    ...(uses.length === 0 ? {} : { model: uses.reduce(addUse) }),
  }
}

/** The cost of two parts of a run; what neither part knows stays unknown. */
export function addUse(a: ModelUse, b: ModelUse): ModelUse {
  return {
    requests: a.requests + b.requests,
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedTokens: addKnown(a.cachedTokens, b.cachedTokens),
    isEstimated: a.isEstimated || b.isEstimated,
    cost: addKnown(a.cost, b.cost),
    ms: a.ms + b.ms,
    retries: a.retries + b.retries,
  }
}

function addKnown(a: number | null, b: number | null): number | null {
  return a === null && b === null ? null : (a ?? 0) + (b ?? 0)
}

function sumOf(turns: readonly TurnRecord[], value: (turn: TurnRecord) => number): number {
  return turns.reduce((sum, turn) => sum + value(turn), 0)
}
