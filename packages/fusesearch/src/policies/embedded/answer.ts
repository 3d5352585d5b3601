import type { Answer, AnsweredFile, CandidateFunction, Evidence, State } from '../../agent/index.ts'
import { readState } from './choose-calls.ts'
import type { FoundDefinition, KnownFile, ReadText } from './knowledge.ts'
import { probabilities } from './probability.ts'
import type { RankedFile } from './rank-files.ts'
import type { RankedFunction } from './rank-functions.ts'
import type { Search } from './search.ts'
import { type Option, optionOf, stateVector } from './strategy/features.ts'
import type { Decider } from './strategy/strategy.ts'
import type { ConfidenceWeights } from './weights.ts'

const MAX_CANDIDATE_FILES = 10
const MAX_CANDIDATE_FUNCTIONS = 20
const MAX_RANKED_FUNCTIONS = 50
const MAX_EVIDENCE = 6
const MAX_PHRASE_EVIDENCE = 2
const MAX_FILES = 2
const MAX_FUNCTIONS = 3

/** An entry of a ranking with its probability of being right. */
interface Chance<Ranked> {
  readonly ranked: Ranked
  readonly chance: number
}

/** The entries from which one level of an answer is taken: always the first one, each further one by a choice. */
export interface AnswerChain<Ranked> {
  readonly state: readonly number[]
  readonly entries: readonly Chance<Ranked>[]
  /** To add the second entry, the third and so on. */
  readonly options: readonly Option[]
}

/** The chains of both levels; the functions lie in the files that were taken. */
export interface AnswerChains {
  readonly files: AnswerChain<RankedFile>
  readonly functions: AnswerChain<RankedFunction>
}

/** What an answer needs beside the search itself. */
export interface AnswerOptions {
  readonly state: State
  readonly decider: Decider
  readonly confidence: ConfidenceWeights
}

/** The answer, short because most fixes are, with the ranking behind it, and the chains from which it was taken. */
export function composeAnswer(
  search: Search,
  { state, decider, confidence }: AnswerOptions,
): { readonly answer: Answer; readonly chains: AnswerChains } {
  const files = withChances(search.files.slice(0, MAX_CANDIDATE_FILES))
  const functions = withChances(search.functions.slice(0, MAX_RANKED_FUNCTIONS))
  const known = stateVector(readState(search, state))
  const ofFiles = chainOf(files.slice(0, MAX_FILES), known, fileOption)
  const committed = takeEntries(ofFiles, decider)
  const inside = functions.filter(({ ranked }) => committed.some((file) => file.ranked.file === ranked.file))
  const ofFunctions = chainOf(inside.slice(0, MAX_FUNCTIONS), known, functionOption)
  const chosen = takeEntries(ofFunctions, decider)
  const answer = {
    files: committed.map((file) => answeredFile(file, chosen, search)),
    candidates: {
      files: files.map(({ ranked, chance }) => ({ path: ranked.file.path, score: round(chance) })),
      functions: functions.slice(0, MAX_CANDIDATE_FUNCTIONS).map(toCandidate),
    },
    confidence: round(Math.min(calibrated(files[0]?.chance ?? 0, confidence), mostSure(search))),
  }
  return { answer, chains: { files: ofFiles, functions: ofFunctions } }
}

function withChances<Ranked extends { readonly score: number }>(ranking: readonly Ranked[]): Chance<Ranked>[] {
  const chances = probabilities(ranking.map(({ score }) => score))
  return ranking.map((ranked, index) => ({ ranked, chance: chances[index] ?? 0 }))
}

/** Platt's scaling: a line through the log-odds. */
function calibrated(chance: number, { slope, bias }: ConfidenceWeights): number {
  if (chance <= 0) return 0
  const odds = Math.log(chance / Math.max(1e-6, 1 - chance))
  return 1 / (1 + Math.exp(-slope * odds - bias))
}

function chainOf<Ranked>(
  entries: readonly Chance<Ranked>[],
  state: readonly number[],
  furtherOption: (entry: Chance<Ranked>, first: Chance<Ranked>) => Option,
): AnswerChain<Ranked> {
  const [first, ...further] = entries
  return { state, entries, options: first === undefined ? [] : further.map((entry) => furtherOption(entry, first)) }
}

/** How far the answer goes down a chain. */
function takeEntries<Ranked>(
  { state, entries, options }: AnswerChain<Ranked>,
  decider: Decider,
): readonly Chance<Ranked>[] {
  const end = options.findIndex((option) => decider.choose(state, [NONE, option]) === 0)
  return end === -1 ? entries : entries.slice(0, end + 1)
}

const NONE: Option = optionOf('none', {})

/** One more file in the answer. */
function fileOption({ ranked, chance }: Chance<RankedFile>, first: Chance<RankedFile>): Option {
  const { features, file } = ranked
  const isSameFolder = folderOf(file.path) === folderOf(first.ranked.file.path)
  const named = Math.max(features.namedPath, features.frame)
  return optionOf('add-file', {
    ratio: chance / first.chance,
    chance,
    first: first.chance,
    isSameFolder: isSameFolder ? 1 : 0,
    named,
    titleLexical: features.titleLexical,
  })
}

/** One more function in the answer. */
function functionOption({ ranked, chance }: Chance<RankedFunction>, first: Chance<RankedFunction>): Option {
  const isSameFile = ranked.file === first.ranked.file
  const isSameClass = isSameFile && classOf(ranked) === classOf(first.ranked)
  return optionOf('add-function', {
    ratio: chance / first.chance,
    chance,
    first: first.chance,
    isSameFile: isSameFile ? 1 : 0,
    isSameClass: isSameClass ? 1 : 0,
    name: ranked.features.name,
  })
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

function classOf({ definition }: RankedFunction): string {
  return definition.name.slice(0, definition.name.lastIndexOf('.') + 1)
}

function answeredFile(
  { ranked: { file }, chance }: Chance<RankedFile>,
  functions: readonly Chance<RankedFunction>[],
  search: Search,
): AnsweredFile {
  const own = functions.filter(({ ranked }) => ranked.file === file)
  return {
    path: file.path,
    score: round(chance),
    functions: own.map((scaled) => {
      const { path: _, ...rest } = toCandidate(scaled)
      return rest
    }),
    evidence: evidenceOf(file, own, search),
  }
}

function toCandidate({ ranked, chance }: Chance<RankedFunction>): CandidateFunction {
  const { name } = ranked.definition
  const { startLine, endLine } = ranked.part ?? ranked.definition
  return { path: ranked.file.path, name, startLine, endLine, score: round(chance) }
}

/** Best first: functions, what the encoder read, quoted messages and labels, definitions. */
function evidenceOf(file: KnownFile, answered: readonly Chance<RankedFunction>[], search: Search): readonly Evidence[] {
  const quotes = file.phrases.slice(0, MAX_PHRASE_EVIDENCE).map(({ line, of, source }): Evidence => {
    const reason = of === 'phrase' ? 'says what the issue quotes' : "uses the key of the issue's label"
    return { ...source, startLine: line, endLine: line, reason }
  })
  const defines = file.defines.map((found): Evidence => {
    const verb = isDefinition(found, file, search) ? 'defines' : 'names'
    return { ...found.source, startLine: found.line, endLine: found.line, reason: `${verb} ${found.name}` }
  })
  const { read } = file
  const raised = search.raised.get(file)
  if (read === undefined) return [...quotes, ...defines].slice(0, MAX_EVIDENCE)
  const functions = answered.map(({ ranked }) => functionEvidence(ranked, read.source))
  const encoded = raised === undefined ? [] : [{ ...read.source, ...raised }]
  const evidence = [...functions, ...encoded, ...quotes, ...defines]
  if (functions.length === 0) evidence.push(restEvidence(file, read, search))
  return evidence.slice(0, MAX_EVIDENCE)
}

/** Of a file without an answered function: its best function, or the whole file. */
function restEvidence(file: KnownFile, read: ReadText, search: Search): Evidence {
  const best = search.functions.find((ranked) => ranked.file === file)
  if (best !== undefined) return functionEvidence(best, read.source)
  return { ...read.source, startLine: 1, endLine: read.lines.length, reason: 'read in full' }
}

function functionEvidence({ definition, part }: RankedFunction, source: ReadText['source']): Evidence {
  const { startLine, endLine } = part ?? definition
  return { ...source, startLine, endLine, reason: `${definition.name} matches the issue's terms` }
}

/** Whether the line defines the name: by the parsed file where there is one, else by what stands before the name. */
function isDefinition({ name, line, isSure }: FoundDefinition, file: KnownFile, search: Search): boolean {
  const parsed = search.parsed
    .find((one) => one.file === file)
    ?.bodies.filter(({ definition }) => definition.name !== '')
  if (parsed === undefined || parsed.length === 0) return isSure
  return parsed.some(({ definition }) => definition.shortName === name && definition.nameLine === line)
}

/** A ranking with one file doesn't tell whether other files were missed. */
const SURE_OF_ONE = 0.6
const SURE_OF_NOTHING_NAMED = 0.75

/** The highest possible confidence, whatever the scores: what the issue names must have been found. */
function mostSure({ files, knowledge: { facts } }: Search): number {
  const [first] = files
  if (first === undefined) return 0
  const { namedPath, frame, defines, phrase } = first.features
  const isPointedAt = Math.max(namedPath, frame, defines, phrase) > 0
  if (files.length === 1 && !isPointedAt) return SURE_OF_ONE
  const namesFiles = facts.saidPaths.size > 0 || facts.frames.length > 0
  const isFound = files.some(({ features }) => Math.max(features.namedPath, features.frame) > 0)
  // The reporter's own words name a file, and the best one is another.
  const isPassedOver = first.features.said === 0 && files.some(({ features }) => features.said > 0)
  return (namesFiles && !isFound) || isPassedOver ? SURE_OF_NOTHING_NAMED : 1
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
