import type { State } from '../../../agent/index.ts'
import { doubtOfFiles } from '../doubt.ts'
import { probabilities } from '../probability.ts'
import type { Candidate } from '../queue.ts'
import type { RankedFile } from '../rank-files.ts'
import type { Search } from '../search.ts'
import type { Decider } from './decide.ts'
import { type Option, own } from './options.ts'
import { afterChoosing, countOf, isGrep, readState, WORTH_ASKING } from './state.ts'

/** Files among which reads are ranked. */
const RANKED_FILES = 12

/** Chooses the calls of a turn one after the other, until the turn is ended; none when the search is. */
export function chooseByStrategy(
  decider: Decider,
  { search, queue, state }: { search: Search; queue: readonly Candidate[]; state: State },
): readonly Candidate[] {
  const chosen: Candidate[] = []
  const seen = readSeen(search)
  const before = readState(search, state)
  const wanted = Math.min(state.left.breadth, Math.round(2 + 6 * doubtOfFiles(search)))
  for (let left = queue; chosen.length < state.left.breadth && left.length > 0; ) {
    const turn = describeTurn(left, chosen, wanted)
    const options = [endOption(turn), ...left.map((candidate, rank) => callOption(candidate, rank, { seen, turn }))]
    const index = decider.choose(afterChoosing(before, chosen), options)
    const candidate = left[index - 1]
    if (candidate === undefined) break
    chosen.push(candidate)
    left = left.filter((one) => one !== candidate)
  }
  return chosen
}

/** What the options of a turn look at. */
interface Turn {
  readonly left: readonly Candidate[]
  readonly chosen: readonly Candidate[]
  /** The breadth that the doubt asks for is reached. */
  readonly isWideEnough: boolean
  /** The grep that may go along with a lone one: two greps in one walk cost little more than one. */
  readonly partner: Candidate | undefined
}

function describeTurn(left: readonly Candidate[], chosen: readonly Candidate[], wanted: number): Turn {
  const isWideEnough = chosen.length >= wanted
  const isOver = isWideEnough || (left[0]?.value ?? 0) < WORTH_ASKING
  const partner = isOver && countOf(chosen, isGrep) === 1 ? left.find(isGrep) : undefined
  return { left, chosen, isWideEnough, partner }
}

function endOption({ left, chosen, isWideEnough, partner }: Turn): Option {
  const [best = 0, second = 0] = left.map(({ value }) => value)
  const features = [isWideEnough ? 1 : 0, best, best < WORTH_ASKING ? 1 : 0, second, partner === undefined ? 0 : 1]
  return { kind: 'end', own: own(...features, chosen.length / 8) }
}

interface Seen {
  readonly topWeight: number
  readonly chances: ReadonlyMap<string, { readonly chance: number; readonly rank: number; readonly file: RankedFile }>
}

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
  const partner = candidate === turn.partner ? 1 : 0
  const place = 1 / (1 + rank)
  if (purpose.kind === 'term') {
    const { text, kind, weight, isInTitle } = purpose.term
    const form = [kind === 'identifier' ? 1 : 0, isInTitle ? 1 : 0, Math.min(1, text.length / 20)]
    return { kind: 'term', own: own(value, weight / seen.topWeight, ...form, partner, place) }
  }
  if (purpose.kind === 'definitions') {
    const kind = purpose.of === 'neighbours' ? 'neighbours' : 'definitions'
    return { kind, own: own(value, purpose.names.size / 16, place, 0, 0, partner) }
  }
  if (purpose.kind === 'read') return { kind: 'read', own: readFeatures(value, seen.chances.get(purpose.path)) }
  return { kind: purpose.kind, own: own(value) }
}

function readFeatures(value: number, known: ReturnType<Seen['chances']['get']>): readonly number[] {
  if (known === undefined) return own(value)
  const { features } = known.file
  const named = Math.max(features.namedPath, features.frame)
  const said = [features.baseName, features.titleLexical, features.defines, features.history]
  return own(value, known.chance, 1 / (1 + known.rank), named, ...said)
}
