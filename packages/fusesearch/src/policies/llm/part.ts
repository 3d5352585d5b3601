import type { Answer, State } from '../../agent/index.ts'

/** The turns of a run that one of its policies has. */
export interface Part {
  /** The turn of the run in which it begins. */
  readonly from: number
  /** Its own turns, the answering one included. */
  readonly maxTurns: number
}

/** The state as the policy of a part sees it: a run of its own, with its own turns from 1 and nothing before them. */
export function stateOfPart(state: State, { from, maxTurns }: Part): State {
  const turn = state.turn - from + 1
  const turns = Math.max(0, Math.min(maxTurns - turn, state.left.turns))
  const mustAnswer = state.mustAnswer || turns === 0
  const left = { ...state.left, turns, breadth: mustAnswer ? 0 : state.left.breadth }
  return { ...state, turn, left, mustAnswer, past: state.past.slice(from - 1) }
}

/** An answer from a part, with the turns of its evidence counted as the run counts them. */
export function answerOfPart(answer: Answer, { from }: Part): Answer {
  if (from === 1) return answer
  const files = answer.files.map((file) => ({
    ...file,
    evidence: file.evidence.map((one) => ({ ...one, turn: one.turn + from - 1 })),
  }))
  return { ...answer, files }
}
