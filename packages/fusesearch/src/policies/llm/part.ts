import type { Answer, State } from '../../agent/index.ts'

/** The turns of a run that belong to one of its policies. */
export interface Part {
  /** The turn of the run in which the part begins. */
  readonly from: number
  /** Its own turns, the answering one included. */
  readonly maxTurns: number
}

/** The state as a part's policy sees it: as a separate run whose turns count from 1. */
export function stateOfPart(state: State, { from, maxTurns }: Part): State {
  const turn = state.turn - from + 1
  const turns = Math.max(0, Math.min(maxTurns - turn, state.left.turns))
  const mustAnswer = state.mustAnswer || turns === 0
  const left = { ...state.left, turns, breadth: mustAnswer ? 0 : state.left.breadth }
  return { ...state, turn, left, mustAnswer, past: state.past.slice(from - 1) }
}

/** An answer of a part, with the turns of its evidence renumbered for the whole run. */
export function answerOfPart(answer: Answer, { from }: Part): Answer {
  if (from === 1) return answer
  const files = answer.files.map((file) => ({
    ...file,
    evidence: file.evidence.map((one) => ({ ...one, turn: one.turn + from - 1 })),
  }))
  return { ...answer, files }
}
