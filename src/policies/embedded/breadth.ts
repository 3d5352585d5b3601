import { probabilities, uncertainty } from './probability.ts'
import type { Candidate } from './queue.ts'
import type { Search } from './search.ts'

/** How many of the queue's best calls a turn holds: the one thing in which the embedded and the reference policies differ. */
export type ChooseBreadth = (search: Search, queue: readonly Candidate[], maxBreadth: number) => number

/** Calls below this value are never worth a place in a turn of chosen breadth. */
const WORTH_ASKING = 0.22

/**
 * Breadth from the policy's own uncertainty: all that promises enough while nothing is known,
 * fewer as the ranking settles, none when what is left promises too little (then it answers).
 */
export const adaptiveBreadth: ChooseBreadth = (search, queue, maxBreadth) => {
  const doubt = uncertainty(probabilities(search.files.slice(0, 20).map(({ score }) => score)))
  const worth = queue.filter((candidate) => candidate.value >= WORTH_ASKING).length
  const wanted = Math.round(2 + 6 * doubt)
  return Math.min(worth, wanted, maxBreadth)
}

/** One call a turn. */
export const sequentialBreadth: ChooseBreadth = (_search, queue) =>
  queue.some((candidate) => candidate.value >= WORTH_ASKING) ? 1 : 0

/** Always as many as allowed, for as long as anything is worth asking. */
export const fixedBreadth: ChooseBreadth = (_search, queue, maxBreadth) =>
  queue.some((candidate) => candidate.value >= WORTH_ASKING) ? Math.min(maxBreadth, queue.length) : 0
