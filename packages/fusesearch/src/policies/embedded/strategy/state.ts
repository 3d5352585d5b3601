import type { State } from '../../../agent/index.ts'
import { doubtOfFiles, doubtOfFunctions } from '../doubt.ts'
import { probabilities } from '../probability.ts'
import type { Candidate } from '../queue.ts'
import type { Search } from '../search.ts'
import { STATE_FEATURES } from './options.ts'

/** What a call must promise to be worth a place in a turn, by hand. */
export const WORTH_ASKING = 0.22

/** Turns, calls, terms that fill their feature. */
const MANY_TURNS = 6
const MANY_CALLS = 8
const MANY_TERMS = 12
/** Files whose scores say how sure the first is. */
const FILES = 10

/** The features of {@link STATE_FEATURES} before anything is chosen in the turn of `state`. */
export function readState(search: Search, state: State): readonly number[] {
  const { files, documentFrequency } = search.knowledge
  const reads = countOf(files.values(), ({ read }) => read !== undefined)
  const found = countOf(documentFrequency.values(), (inFiles) => inFiles > 0)
  const [topChance = 0] = probabilities(search.files.slice(0, FILES).map(({ score }) => score))
  const doubts = [doubtOfFiles(search), doubtOfFunctions(search)]
  const turns = [state.turn / MANY_TURNS, Math.min(1, state.left.turns / MANY_TURNS)]
  const known = [Math.min(1, reads / MANY_CALLS), Math.min(1, found / MANY_TERMS), meanGain(state), topChance]
  return [1, ...turns, ...doubts, 0, 0, 0, ...known]
}

const FIRST_CHOSEN = STATE_FEATURES.indexOf('chosen')

/** The state once some calls of the turn are chosen. */
export function afterChoosing(state: readonly number[], chosen: readonly Candidate[]): readonly number[] {
  const reads = countOf(chosen, ({ call }) => call.tool === 'read_file')
  const counts = [chosen.length, countOf(chosen, isGrep), reads].map((count) => count / MANY_CALLS)
  return [...state.slice(0, FIRST_CHOSEN), ...counts, ...state.slice(FIRST_CHOSEN + counts.length)]
}

export function isGrep({ call }: Candidate): boolean {
  return call.tool === 'grep'
}

export function countOf<Item>(items: Iterable<Item>, test: (item: Item) => boolean): number {
  let count = 0
  for (const item of items) if (test(item)) count += 1
  return count
}

function meanGain({ past }: State): number {
  const gains = past.at(-1)?.gains ?? []
  return gains.length === 0 ? 0 : gains.reduce((sum, gain) => sum + gain, 0) / gains.length
}
