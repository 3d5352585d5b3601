import type { State } from '../../agent/index.ts'
import { doubtOfFiles, doubtOfFunctions, probabilities } from './probability.ts'
import type { Candidate } from './queue.ts'
import type { RankedFile } from './rank-files.ts'
import type { Search } from './search.ts'
import { type Option, type OwnFeatures, optionOf, type StateFeatures, stateVector } from './strategy/features.ts'
import { WORTH_ASKING } from './strategy/hand.ts'
import type { Decider } from './strategy/strategy.ts'

/** The calls from which a turn is chosen. `queue`: best first. */
export interface TurnQueue {
  readonly search: Search
  readonly queue: readonly Candidate[]
  readonly state: State
  readonly decider: Decider
}

/** Chooses a turn's calls from the queue. The embedded and the reference policies differ only in this. */
export type ChooseCalls = (turn: TurnQueue) => readonly Candidate[]

/** One call a turn. */
export const chooseOne: ChooseCalls = ({ queue }) => (isWorthATurn(queue) ? queue.slice(0, 1) : [])

/** Always as many as allowed, as long as any call is worthwhile. */
export const chooseAll: ChooseCalls = ({ queue, state }) =>
  isWorthATurn(queue) ? queue.slice(0, state.left.breadth) : []

function isWorthATurn(queue: readonly Candidate[]): boolean {
  return queue.some((candidate) => candidate.value >= WORTH_ASKING)
}

/** The strategy chooses the calls one after the other until it ends the turn; an empty list ends the search. */
export const chooseAdaptively: ChooseCalls = ({ search, queue, state, decider }) => {
  const chosen: Candidate[] = []
  const seen = readSeen(search)
  const before = readState(search, state)
  const wanted = Math.min(state.left.breadth, Math.round(2 + 6 * doubtOfFiles(search)))
  for (let left = queue; chosen.length < state.left.breadth && left.length > 0; ) {
    const turn = describeTurn(left, chosen, wanted)
    const options = [endOption(turn), ...left.map((candidate, rank) => callOption(candidate, rank, { seen, turn }))]
    const index = decider.choose(stateVector(afterChoosing(before, chosen)), options)
    const candidate = left[index - 1]
    if (candidate === undefined) break
    chosen.push(candidate)
    left = left.filter((one) => one !== candidate)
  }
  return chosen
}

/** Turns, calls and terms at which their feature reaches 1. */
const MANY_TURNS = 6
const MANY_CALLS = 8
const MANY_TERMS = 12
/** The probability of the first file is computed among this many. */
const CHANCE_FILES = 10

/** The features of the state before anything is chosen in its turn. */
export function readState(search: Search, state: State): StateFeatures {
  const { files, documentFrequency } = search.knowledge
  const reads = countOf(files.values(), ({ read }) => read !== undefined)
  const found = countOf(documentFrequency.values(), (inFiles) => inFiles > 0)
  const [topChance = 0] = probabilities(search.files.slice(0, CHANCE_FILES).map(({ score }) => score))
  return {
    bias: 1,
    turn: state.turn / MANY_TURNS,
    turnsLeft: Math.min(1, state.left.turns / MANY_TURNS),
    doubtOfFiles: doubtOfFiles(search),
    doubtOfFunctions: doubtOfFunctions(search),
    chosen: 0,
    chosenGreps: 0,
    chosenReads: 0,
    reads: Math.min(1, reads / MANY_CALLS),
    foundTerms: Math.min(1, found / MANY_TERMS),
    lastGain: meanGain(state),
    topChance,
  }
}

/** The state once some calls of the turn are chosen. */
function afterChoosing(before: StateFeatures, chosen: readonly Candidate[]): StateFeatures {
  return {
    ...before,
    chosen: chosen.length / MANY_CALLS,
    chosenGreps: countOf(chosen, isGrep) / MANY_CALLS,
    chosenReads: countOf(chosen, ({ call }) => call.tool === 'read_file') / MANY_CALLS,
  }
}

function meanGain({ past }: State): number {
  const gains = past.at(-1)?.gains ?? []
  return gains.length === 0 ? 0 : gains.reduce((sum, gain) => sum + gain, 0) / gains.length
}

/** What the options of a turn depend on. */
interface Turn {
  readonly left: readonly Candidate[]
  readonly chosen: readonly Candidate[]
  /** The number of calls follows from the uncertainty. */
  readonly isWideEnough: boolean
  /** The grep that may join a lone one: two greps in one walk cost little more than one. */
  readonly partner: Candidate | undefined
}

function describeTurn(left: readonly Candidate[], chosen: readonly Candidate[], wanted: number): Turn {
  const isWideEnough = chosen.length >= wanted
  const isOver = isWideEnough || (left[0]?.value ?? 0) < WORTH_ASKING
  const partner = isOver && countOf(chosen, isGrep) === 1 ? left.find(isGrep) : undefined
  return { left, chosen, isWideEnough, partner }
}

function endOption({ left, chosen, isWideEnough, partner }: Turn): Option {
  const [bestValue = 0, secondValue = 0] = left.map(({ value }) => value)
  return optionOf('end', {
    isWideEnough: isWideEnough ? 1 : 0,
    bestValue,
    isNothingWorth: bestValue < WORTH_ASKING ? 1 : 0,
    secondValue,
    isPartnerMissing: partner === undefined ? 0 : 1,
    calls: chosen.length / MANY_CALLS,
  })
}

/** What the options need of the issue and of the ranking. */
interface Seen {
  readonly topWeight: number
  readonly chances: ReadonlyMap<string, { readonly chance: number; readonly rank: number; readonly file: RankedFile }>
}

/** Files among which reads are ranked. */
const RANKED_FILES = 12

function readSeen(search: Search): Seen {
  const ranked = search.files.slice(0, RANKED_FILES)
  const chances = probabilities(ranked.map(({ score }) => score))
  return {
    topWeight: Math.max(1, ...search.knowledge.facts.terms.map((term) => term.weight)),
    chances: new Map(ranked.map((file, rank) => [file.file.path, { chance: chances[rank] ?? 0, rank, file }])),
  }
}

function callOption(
  candidate: Candidate,
  rank: number,
  { seen, turn }: { readonly seen: Seen; readonly turn: Turn },
): Option {
  const { purpose, value } = candidate
  const shared = { value, rank: 1 / (1 + rank), partner: candidate === turn.partner ? 1 : 0 }
  switch (purpose.kind) {
    case 'term': {
      const { text, kind, weight, isInTitle } = purpose.term
      return optionOf('term', {
        ...shared,
        weight: weight / seen.topWeight,
        isIdentifier: kind === 'identifier' ? 1 : 0,
        isInTitle: isInTitle ? 1 : 0,
        length: Math.min(1, text.length / 20),
      })
    }
    case 'definitions': {
      const kind = purpose.of === 'neighbours' ? 'neighbours' : 'definitions'
      return optionOf(kind, { ...shared, names: purpose.names.size / 16 })
    }
    case 'read':
      return optionOf('read', readFeatures(value, seen.chances.get(purpose.path)))
    case 'paths':
    case 'history':
      return optionOf(purpose.kind, { value })
    case 'phrases':
    case 'keys':
      // One call, like the one for paths.
      return optionOf('paths', { value })
  }
}

function readFeatures(value: number, known: ReturnType<Seen['chances']['get']>): OwnFeatures<'read'> {
  if (known === undefined) return { ...UNRANKED_READ, value }
  const { namedPath, frame, baseName, titleLexical, defines, history } = known.file.features
  const named = Math.max(namedPath, frame)
  return { value, chance: known.chance, rank: 1 / (1 + known.rank), named, baseName, titleLexical, defines, history }
}

const UNRANKED_READ: OwnFeatures<'read'> = {
  value: 0,
  chance: 0,
  rank: 0,
  named: 0,
  baseName: 0,
  titleLexical: 0,
  defines: 0,
  history: 0,
}

function isGrep({ call }: Candidate): boolean {
  return call.tool === 'grep'
}

function countOf<Item>(items: Iterable<Item>, test: (item: Item) => boolean): number {
  let count = 0
  for (const item of items) if (test(item)) count += 1
  return count
}
