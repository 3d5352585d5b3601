import type { IssueFacts, Term } from './issue/index.ts'
import type { Knowledge, KnownFile } from './knowledge.ts'
import { rarity } from './knowledge.ts'
import type { Neighbours } from './neighbours.ts'
import type { PathRole } from './paths.ts'
import { type FileWeights, HAND_WEIGHTS } from './weights.ts'

/** Features of one file, named as their weights are. */
export type FileFeatures = Readonly<Record<keyof FileWeights, number>>

/** A file with its score; higher is likelier to change. */
export interface RankedFile {
  readonly file: KnownFile
  readonly features: FileFeatures
  readonly score: number
}

/** Term statistics of a read file's whole text. */
export type FullText = (file: KnownFile) => ReadonlyMap<Term, number> | undefined

export interface FileRankingOptions {
  readonly weights: FileWeights
  readonly includeTests: boolean
  /** Occurrences by term over the whole text, for files that were read. */
  readonly fullText?: FullText
  /** Score in [0, 1] of a file's best function, for files that were read. */
  readonly bestFunction?: (file: KnownFile) => number
  /** Lines of a read file that the issue quotes. */
  readonly quotedLines?: (file: KnownFile) => number
  /** Names that stand next to the best functions (called, overridden). */
  readonly neighbours?: Neighbours
}

/** Ranks every known file, best first; ties by path so that the order is stable. */
export function rankFiles(knowledge: Knowledge, options: FileRankingOptions): readonly RankedFile[] {
  const context = createContext(knowledge)
  return [...knowledge.files.values()].map((file) => rankOne(file, context, options)).sort(inOrder)
}

/** The same ranking once the functions are ranked too: a file that wasn't read and defines no name keeps its score. */
export function rerankFiles(
  ranked: readonly RankedFile[],
  knowledge: Knowledge,
  options: FileRankingOptions,
): readonly RankedFile[] {
  const context = createContext(knowledge)
  return ranked
    .map((known) => {
      const isSettled = known.file.read === undefined && known.file.defines.length === 0
      return isSettled ? known : rankOne(known.file, context, options)
    })
    .sort(inOrder)
}

function rankOne(file: KnownFile, context: Context, options: FileRankingOptions): RankedFile {
  const features = featuresOf(file, context, options)
  return { file, features, score: dot(features, options.weights) }
}

function inOrder(a: RankedFile, b: RankedFile): number {
  return b.score - a.score || (a.file.path < b.file.path ? -1 : 1)
}

interface Context {
  readonly knowledge: Knowledge
  readonly facts: IssueFacts
  /** Terms that were searched, with their weight and the value of finding them: that times rarity. */
  readonly searched: readonly SearchedTerm[]
  /** Sums over the searched terms: their values, their weights, and the values of those in the title. */
  readonly possible: number
  readonly weights: number
  readonly titlePossible: number
  readonly identifierWeight: ReadonlyMap<string, number>
  readonly topWeight: number
  /** Files that say a phrase, and that use the key of a label; at least 1. */
  readonly phraseFiles: Readonly<Record<'phrase' | 'key', number>>
  /** For each path that the issue names, how many trailing parts its best matches in the tree share, and how many there are. */
  readonly bestMatches: ReadonlyMap<string, BestMatches>
}

interface SearchedTerm {
  readonly term: Term
  readonly weight: number
  readonly value: number
}

function createContext(knowledge: Knowledge): Context {
  const { facts } = knowledge
  const searched = facts.terms
    .filter((term) => knowledge.documentFrequency.get(term))
    .map((term) => ({ term, weight: knowledge.termWeight.get(term) ?? 0 }))
    .map(({ term, weight }) => ({ term, weight, value: weight * rarity(knowledge, term) }))
  const identifiers = facts.terms.filter((term) => term.kind === 'identifier')
  return {
    knowledge,
    facts,
    searched,
    possible: searched.reduce((sum, { value }) => sum + value, 0),
    weights: searched.reduce((sum, { weight }) => sum + weight, 0),
    titlePossible: searched.reduce((sum, { term, value }) => (term.isInTitle ? sum + value : sum), 0),
    identifierWeight: new Map(identifiers.map((term) => [term.text, term.weight])),
    topWeight: Math.max(1, ...facts.terms.map((term) => term.weight)),
    phraseFiles: { phrase: filesWith(knowledge, 'phrase'), key: filesWith(knowledge, 'key') },
    bestMatches: bestMatchesIn(knowledge),
  }
}

function filesWith(knowledge: Knowledge, kind: 'phrase' | 'key'): number {
  let files = 0
  for (const { phrases, named } of knowledge.files.values()) {
    if (phrases.length > 0 && named.role !== 'translation' && phrases.some(({ of }) => of === kind)) files += 1
  }
  return Math.max(1, files)
}

interface BestMatches {
  readonly shared: number
  readonly files: number
}

function bestMatchesIn(knowledge: Knowledge): ReadonlyMap<string, BestMatches> {
  const best = new Map<string, BestMatches>()
  for (const { named } of knowledge.files.values()) {
    if (named.suffixes.size === 0) continue
    for (const [path, shared] of named.suffixes) {
      const known = best.get(path)
      if (known === undefined || shared > known.shared) best.set(path, { shared, files: 1 })
      else if (shared === known.shared) best.set(path, { shared, files: known.files + 1 })
    }
  }
  return best
}

function featuresOf(file: KnownFile, context: Context, options: FileRankingOptions): FileFeatures {
  const { role, baseName, folder, module, isSetUp, isPackageFile } = file.named
  const isWanted = options.includeTests && role === 'test'
  const [namedPath, frame] = [namedPathFeature(file, context), frameFeature(file, context)]
  const lexical = lexicalFeatures(options.fullText?.(file) ?? file.counts, context)
  return {
    lexical: lexical.lexical,
    coverage: lexical.coverage,
    titleLexical: lexical.titleLexical,
    baseName,
    folder,
    defines: definesFeature(file, context),
    spelled: file.named.spelled,
    namedPath,
    said: saidFeature(file, context),
    frame,
    module,
    bestFunction: options.bestFunction?.(file) ?? 0,
    neighbour: neighbourFeature(file, context, options),
    quoted: Math.min(1, (options.quotedLines?.(file) ?? 0) / 3),
    phrase: phraseFeature(file, context),
    history: file.history,
    commit: file.commit,
    notSource: isWanted && !isMachineMade(file) ? 0 : roleCost(file) * (1 - Math.max(namedPath, frame)),
    setUp: isSetUp ? 1 : 0,
    packageFile: isPackageFile ? 1 : 0,
  }
}

function lexicalFeatures(
  counts: ReadonlyMap<Term, number>,
  context: Context,
): Pick<FileFeatures, 'lexical' | 'coverage' | 'titleLexical'> {
  // Many files are known by their paths alone.
  if (counts.size === 0) return NO_OCCURRENCE
  let [score, present, title] = [0, 0, 0]
  for (const { term, weight, value } of context.searched) {
    const count = counts.get(term)
    if (count === undefined || count === 0) continue
    const gain = value * gainOf(count)
    score += gain
    present += weight
    if (term.isInTitle) title += gain
  }
  const { possible, weights, titlePossible } = context
  return {
    lexical: possible === 0 ? 0 : score / possible,
    coverage: weights === 0 ? 0 : present / weights,
    titleLexical: titlePossible === 0 ? 0 : title / titlePossible,
  }
}

const NO_OCCURRENCE = { lexical: 0, coverage: 0, titleLexical: 0 }

/** In [0, 1): the first occurrence counts most. */
export function gainOf(count: number): number {
  return count / (count + 1.5)
}

function definesFeature(file: KnownFile, context: Context): number {
  if (file.defines.length === 0) return 0
  let best = 0
  let rest = 0
  for (const name of new Set(file.defines.map((definition) => definition.name))) {
    const places = context.knowledge.definingFiles.get(name)?.size ?? 1
    const value = (context.identifierWeight.get(name) ?? 0) / context.topWeight / Math.sqrt(places)
    rest += Math.min(best, value)
    best = Math.max(best, value)
  }
  return Math.min(1.5, best + 0.3 * rest)
}

/** How rarely an issue is about a file of this role without naming it. */
const ROLE_COST: Readonly<Record<PathRole, number>> = {
  source: 0,
  config: 0.4,
  data: 0.6,
  translation: 1,
  example: 0.8,
  document: 0.9,
  test: 1,
  generated: 1.4,
}

const SECONDARY_COST = 0.5

function roleCost(file: KnownFile): number {
  if (isMachineMade(file)) return ROLE_COST.generated
  return Math.min(1.4, ROLE_COST[file.named.role] + (file.named.isSecondary ? SECONDARY_COST : 0))
}

/** 1 for the only file that says it; a phrase of many files tells them apart less. */
function phraseFeature(file: KnownFile, context: Context): number {
  if (file.phrases.length === 0) return 0
  let best = 0
  // The table itself rarely has to change when its text is used in the wrong way.
  if (file.named.role === 'translation' && context.knowledge.labelKeys.size > 0) return 0
  for (const { of } of file.phrases) best = Math.max(best, 1 / Math.sqrt(context.phraseFiles[of]))
  return best * quotingShare(file)
}

/** Files that quote what the program says. */
const QUOTING_ROLES: ReadonlySet<PathRole> = new Set<PathRole>(['document', 'example', 'test'])
const QUOTING_SHARE = 0.3

/** What a phrase of the issue is worth in a file: less where files of its role often quote others. */
export function quotingShare({ named }: KnownFile): number {
  return QUOTING_ROLES.has(named.role) ? QUOTING_SHARE : 1
}

const GENERATED_HEAD =
  /@generated\b|\bcode generated\b.{0,80}\bdo not edit\b|\bautomatically generated\b|\bauto-?generated (?:by|file|code)\b/i
/** Lines at the top of a file in which it may say that it was generated. */
const HEAD_LINES = 12

/** Generated, by its own word or by lines too long to have been written by hand. */
function isMachineMade(file: KnownFile): boolean {
  return isMinified(file) || (file.read?.lines.slice(0, HEAD_LINES).some((line) => GENERATED_HEAD.test(line)) ?? false)
}

/** Most of it in lines too long to have been written by hand: generated text that holds every word many times. */
function isMinified({ read, named }: KnownFile): boolean {
  if (read === undefined || named.role === 'document') return false
  let [all, inLong] = [0, 0]
  for (const { length } of read.lines) {
    all += length
    if (length > MINIFIED_LINE_LENGTH) inLong += length
  }
  return inLong > all / 2
}

const MINIFIED_LINE_LENGTH = 400

function neighbourFeature(file: KnownFile, context: Context, options: FileRankingOptions): number {
  if (file.defines.length === 0) return 0
  let sum = 0
  for (const name of new Set(file.defines.map((definition) => definition.name))) {
    const neighbour = options.neighbours?.get(name)
    if (neighbour === undefined || neighbour.from === file) continue
    sum += neighbour.strength / (context.knowledge.definingFiles.get(name)?.size ?? 1)
  }
  return Math.min(1, sum)
}

/** A tool's settings are named as often for what a program does with them. */
const SETTINGS_SHARE = 0.25

/** 1 for a path named with its folders, less for a bare file name that many share; only the longest match in the tree counts. */
function matchShare(named: string, file: KnownFile, context: Context): number {
  const shared = file.named.suffixes.get(named) ?? 0
  const best = context.bestMatches.get(named)
  if (shared === 0 || best === undefined || shared < best.shared) return 0
  if (file.named.isToolSettings) return SETTINGS_SHARE
  if (shared > 1) return 1
  return file.named.isPackageFile ? 0 : (named.includes('/') ? 0.5 : 1) / Math.sqrt(best.files)
}

function namedPathFeature(file: KnownFile, context: Context): number {
  if (file.named.suffixes.size === 0) return 0
  return Math.max(0, ...context.facts.paths.map(({ path }) => matchShare(path, file, context)))
}

/** What the only file that the reporter's own sentences name gets, if none of them asks to change it. */
const NOT_ASKED = 0.58

/** 1 for the only file that the reporter asks to change; less for one that is only named, and for one of several. */
function saidFeature(file: KnownFile, context: Context): number {
  const { askedPaths, saidPaths } = context.facts
  if (file.named.suffixes.size === 0 || saidPaths.size === 0) return 0
  const shareOf = (paths: ReadonlySet<string>): number =>
    Math.max(0, ...[...paths].map((path) => matchShare(path, file, context)))
  return Math.max(shareOf(askedPaths) / askedPaths.size || 0, (NOT_ASKED * shareOf(saidPaths)) / saidPaths.size)
}

function frameFeature(file: KnownFile, context: Context): number {
  if (file.named.suffixes.size === 0) return 0
  const shares = context.facts.frames.map((frame) => matchShare(frame.path, file, context) / (1 + 0.35 * frame.depth))
  return Math.max(0, ...shares)
}

const FEATURES = Object.keys(HAND_WEIGHTS.file) as (keyof FileWeights)[]

function dot(features: FileFeatures, weights: FileWeights): number {
  let sum = 0
  for (const key of FEATURES) sum += features[key] * weights[key]
  return sum
}
