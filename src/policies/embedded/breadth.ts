import { doubtOfFiles } from './doubt.ts'
import type { Candidate } from './queue.ts'
import type { Search } from './search.ts'

/** Which of the queue's calls, best first, a turn holds: the one thing in which the embedded and the reference policies differ. */
export type ChooseCalls = (search: Search, queue: readonly Candidate[], maxBreadth: number) => readonly Candidate[]

/** A queue whose best call is below this value is not worth a turn. */
const WORTH_ASKING = 0.22

/**
 * Breadth from the policy's own uncertainty: all that promises enough while nothing is known,
 * fewer as the ranking settles, none when what is left promises too little (then it answers).
 */
export const chooseAdaptively: ChooseCalls = (search, queue, maxBreadth) => {
  const worth = queue.filter((candidate) => candidate.value >= WORTH_ASKING)
  const wanted = Math.round(2 + 6 * doubtOfFiles(search))
  return withSharedWalk(worth.slice(0, Math.min(wanted, maxBreadth)), queue, maxBreadth)
}

/** One call a turn. */
export const chooseOne: ChooseCalls = (_search, queue) => (isWorthATurn(queue) ? queue.slice(0, 1) : [])

/** Always as many as allowed, for as long as anything is worth asking. */
export const chooseAll: ChooseCalls = (_search, queue, maxBreadth) =>
  isWorthATurn(queue) ? queue.slice(0, maxBreadth) : []

function isWorthATurn(queue: readonly Candidate[]): boolean {
  return queue.some((candidate) => candidate.value >= WORTH_ASKING)
}

/** Two greps in one walk cost little more than one: a grep that would walk alone takes the next best one along. */
function withSharedWalk(
  chosen: readonly Candidate[],
  queue: readonly Candidate[],
  maxBreadth: number,
): readonly Candidate[] {
  if (chosen.filter(isGrep).length !== 1 || chosen.length >= maxBreadth) return chosen
  const partner = queue.find((candidate) => isGrep(candidate) && !chosen.includes(candidate))
  return partner === undefined ? chosen : [...chosen, partner]
}

function isGrep({ call }: Candidate): boolean {
  return call.tool === 'grep'
}
