import { measureEfficiency } from '../entities/index.ts'
import type { RunStats, TurnRecord } from './run.ts'

/** Measures a run from its turns, in all of which calls ran; the answering turn comes on top. */
export function measureRun(
  turns: readonly TurnRecord[],
  ms: { readonly total: number; readonly policy: number },
): RunStats {
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
  }
}

function sumOf(turns: readonly TurnRecord[], value: (turn: TurnRecord) => number): number {
  return turns.reduce((sum, turn) => sum + value(turn), 0)
}
