import { largestOf } from '../core/index.ts'
import type { PathRole } from '../policies/index.ts'
import type { NameField, Unit } from './units.ts'

/** What the ranking of one question's units is based on. */
export interface Ranking {
  readonly units: readonly Unit[]
  /** How rare each term is among the files of the tree, by the term's index. */
  readonly rarity: readonly number[]
  /** How much of the question each file that was read contains, in [0, 1]. */
  readonly fileScore: ReadonlyMap<string, number>
  /** Names in the question. */
  readonly names: ReadonlySet<string>
}

/** A unit with its score and the score's parts. */
export interface RankedUnit {
  readonly unit: Unit
  readonly score: number
  /** The part of the score that comes from terms. */
  readonly lexical: number
  /** The part of the score that comes from passages about the question that name the unit. */
  readonly vote: number
  /** The best passage that names it. */
  readonly namedBy?: Unit
}

/**
 * Weights of BM25 over fields (Robertson, Zaragoza and Taylor 2004). They were chosen on 180 questions made from the
 * documentation of training repositories; docs/ask.md has the figures.
 */
const FIELDS: Readonly<Record<NameField, number>> = { name: 3, inside: 1, file: 1, folders: 0.3 }
const SATURATION = 1.2
const LENGTH_NORMALISATION = 0.6
const COVERAGE = 0.3
const NAME_SHARE = 1
const FILE_SHARE = 0.3
const TYPE_FACTOR = 1.2
const PRIVATE_FACTOR = 0.7
const DUNDER_FACTOR = 0.5
/** Most passages that vote. */
const PASSAGES = 30
const VOTE_POWER = 1
const VOTE_WEIGHT = 0.6
/** Weight of a place by the role of its file; source code has 1. */
const ROLE_FACTORS: Readonly<Record<PathRole, number>> = {
  source: 1,
  test: 0.5,
  document: 0.6,
  example: 0.5,
  config: 0.5,
  translation: 0.2,
  generated: 0.1,
  data: 0.3,
}

/** How well each unit's terms match the question, in [0, 1]; 1 for the best. */
export function lexicalScores({ units, rarity, fileScore, names }: Ranking): readonly number[] {
  const meanLength = units.reduce((sum, { length }) => sum + length, 0) / Math.max(1, units.length)
  const total = rarity.reduce((sum, one) => sum + one, 0) || 1
  const scores = units.map((unit) => {
    const norm = 1 - LENGTH_NORMALISATION + (LENGTH_NORMALISATION * unit.length) / Math.max(1, meanLength)
    let [sum, covered, said] = [0, 0, 0]
    for (const [term, weight] of rarity.entries()) {
      let frequency = (unit.own.get(term) ?? 0) / norm
      for (const field of FIELD_NAMES) if (unit.named[field].has(term)) frequency += FIELDS[field]
      if (frequency === 0) continue
      sum += (weight * frequency * (1 + SATURATION)) / (frequency + SATURATION)
      covered += weight
      if (unit.named.name.has(term)) said += weight
    }
    if (sum === 0 && !names.has(shortNameOf(unit))) return 0
    const share = unit.nameParts === 0 ? 0 : unit.named.name.size / unit.nameParts
    const own = sum * (1 - COVERAGE + (COVERAGE * covered) / total) + NAME_SHARE * said * share
    const inFile = own * (1 + FILE_SHARE * (fileScore.get(unit.path) ?? 0))
    return names.has(shortNameOf(unit)) ? inFile + total : inFile
  })
  const best = largestOf(scores, Number.EPSILON)
  return scores.map((score) => score / best)
}

const FIELD_NAMES = Object.keys(FIELDS) as NameField[]

/** The names in passages about the question that `isKnown` accepts, each with its votes and best passage. */
export function votesOf(
  { units, rarity }: Ranking,
  isKnown: (name: string) => boolean,
): ReadonlyMap<string, { readonly votes: number; readonly by: Unit }> {
  const passages = bestPassages(units, rarity)
  const top = passages[0]?.score ?? 1
  const frequency = new Map<string, number>()
  for (const { mentions } of units) for (const name of mentions) frequency.set(name, (frequency.get(name) ?? 0) + 1)
  const votes = new Map<string, { votes: number; by: Unit }>()
  for (const { unit, score } of passages) {
    const known = unit.mentions.filter(isKnown)
    for (const name of known) {
      const rarely = Math.log(1 + units.length / (frequency.get(name) ?? 1)) / Math.log(1 + units.length)
      const vote = ((score / top) ** VOTE_POWER * rarely) / Math.sqrt(known.length)
      const before = votes.get(name)
      votes.set(name, { votes: (before?.votes ?? 0) + vote, by: before?.by ?? unit })
    }
  }
  return votes
}

/** Ranks by plain BM25 over each unit's own text, times the share of the question that it contains. */
function bestPassages(units: readonly Unit[], rarity: readonly number[]): { unit: Unit; score: number }[] {
  const meanLength = units.reduce((sum, { length }) => sum + length, 0) / Math.max(1, units.length)
  const total = rarity.reduce((sum, one) => sum + one, 0) || 1
  const scored = units.flatMap((unit) => {
    if (unit.mentions.length === 0) return []
    let [sum, covered] = [0, 0]
    for (const [term, count] of unit.own) {
      const weight = rarity[term] ?? 0
      sum += (weight * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * unit.length) / Math.max(1, meanLength)))
      covered += weight
    }
    return sum === 0 ? [] : [{ unit, score: (sum * covered) / total }]
  })
  return scored.sort((a, b) => b.score - a.score).slice(0, PASSAGES)
}

/** What the ranking uses besides terms. */
export interface RankOptions {
  readonly votes: ReturnType<typeof votesOf>
  /** In how many files each name occurs, if known. */
  readonly namedIn: ReadonlyMap<string, number>
}

/** All units with a score, best first. */
export function rankUnits(ranking: Ranking, { votes, namedIn }: RankOptions): readonly RankedUnit[] {
  const lexical = lexicalScores(ranking)
  const most = largestOf(
    [...votes.values()].map((one) => one.votes),
    Number.EPSILON,
  )
  const sharing = new Map<string, number>()
  for (const unit of ranking.units) if (isCode(unit)) countName(sharing, shortNameOf(unit))
  return ranking.units
    .map((unit, index): RankedUnit => {
      const name = shortNameOf(unit)
      const voted = isCode(unit) ? votes.get(name) : undefined
      const among = Math.sqrt(sharing.get(name) ?? 1)
      const vote = voted === undefined || voted.by === unit ? 0 : (VOTE_WEIGHT * voted.votes) / most / among
      const own = lexical[index] ?? 0
      const known = 1 + POPULARITY * (Math.log(1 + (namedIn.get(name) ?? 0) / among) / Math.log(100))
      const score = (own + vote) * known * factorOf(unit)
      return { unit, score, lexical: own, vote, ...(vote > 0 && voted !== undefined ? { namedBy: voted.by } : {}) }
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.unit.path < b.unit.path ? -1 : 1) || a.unit.startLine - b.unit.startLine)
}

/** The bonus of a name that occurs in a hundred files. */
const POPULARITY = 0.3

/** The last part of the unit's name. */
export function shortNameOf({ name }: Unit): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** True for a function or type in source code; only these get votes from passages. */
export function isCode({ kind, role }: Unit): boolean {
  return (kind === 'function' || kind === 'class') && role === 'source'
}

function factorOf(unit: Unit): number {
  const name = shortNameOf(unit)
  const access = /^__\w+__$/.test(name) ? DUNDER_FACTOR : name.startsWith('_') ? PRIVATE_FACTOR : 1
  return ROLE_FACTORS[unit.role] * access * (unit.kind === 'class' ? TYPE_FACTOR : 1)
}

function countName(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
