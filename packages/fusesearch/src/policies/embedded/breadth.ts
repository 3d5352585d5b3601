import type { State } from '../../agent/index.ts'
import type { Candidate } from './queue.ts'
import type { Search } from './search.ts'
import { chooseByStrategy } from './strategy/choose-calls.ts'
import type { Decider } from './strategy/decide.ts'
import { WORTH_ASKING } from './strategy/state.ts'

/** What the calls of a turn are chosen from. `queue`: best first. */
export interface Choice {
  readonly search: Search
  readonly queue: readonly Candidate[]
  readonly state: State
  readonly decider: Decider
}

/** Which of the queue's calls a turn holds: the one thing in which the embedded and the reference policies differ. */
export type ChooseCalls = (choice: Choice) => readonly Candidate[]

/** Breadth, calls and end as the strategy decides, call by call. */
export const chooseAdaptively: ChooseCalls = ({ decider, ...choice }) => chooseByStrategy(decider, choice)

/** One call a turn. */
export const chooseOne: ChooseCalls = ({ queue }) => (isWorthATurn(queue) ? queue.slice(0, 1) : [])

/** Always as many as allowed, for as long as anything is worth asking. */
export const chooseAll: ChooseCalls = ({ queue, state }) =>
  isWorthATurn(queue) ? queue.slice(0, state.left.breadth) : []

function isWorthATurn(queue: readonly Candidate[]): boolean {
  return queue.some((candidate) => candidate.value >= WORTH_ASKING)
}
