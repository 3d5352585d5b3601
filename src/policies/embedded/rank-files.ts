import type { IssueFacts, Term } from './issue/index.ts'
import { splitIdentifier, stem } from './issue/index.ts'
import type { Knowledge, KnownFile } from './knowledge.ts'
import { rarity } from './knowledge.ts'
import type { Neighbours } from './neighbours.ts'
import { isPackageFile, isSetUp, roleOf, sharedSuffix, stemOf } from './paths.ts'
import type { FileWeights } from './weights.ts'

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
  return [...knowledge.files.values()]
    .map((file) => {
      const features = featuresOf(file, context, options)
      return { file, features, score: dot(features, options.weights) }
    })
    .sort((a, b) => b.score - a.score || (a.file.path < b.file.path ? -1 : 1))
}

interface Context {
  readonly knowledge: Knowledge
  readonly facts: IssueFacts
  /** Terms that were searched, with the value of finding them: stress times rarity. */
  readonly searched: readonly { readonly term: Term; readonly value: number }[]
  readonly wordWeight: ReadonlyMap<string, number>
  readonly identifierWeight: ReadonlyMap<string, number>
  readonly topWeight: number
  readonly frameSuffix: ReadonlyMap<string, number>
}

function createContext(knowledge: Knowledge): Context {
  const { facts } = knowledge
  const searched = facts.terms
    .filter((term) => knowledge.documentFrequency.get(term))
    .map((term) => ({ term, value: term.weight * rarity(knowledge, term) }))
  const weightOf = (kind: Term['kind']): Map<string, number> =>
    new Map(facts.terms.filter((term) => term.kind === kind).map((term) => [term.text, term.weight]))
  return {
    knowledge,
    facts,
    searched,
    wordWeight: weightOf('word'),
    identifierWeight: weightOf('identifier'),
    topWeight: Math.max(1, ...facts.terms.map((term) => term.weight)),
    frameSuffix: longestSuffixes(knowledge),
  }
}

/** For each path that the issue names, how many trailing parts its best match in the tree shares. */
function longestSuffixes(knowledge: Knowledge): ReadonlyMap<string, number> {
  const named = [...knowledge.facts.frames, ...knowledge.facts.paths].map(({ path }) => path)
  const longest = new Map<string, number>()
  for (const path of new Set(named)) {
    let best = 0
    for (const file of knowledge.files.keys()) best = Math.max(best, sharedSuffix(path, file))
    longest.set(path, best)
  }
  return longest
}

function featuresOf(file: KnownFile, context: Context, options: FileRankingOptions): FileFeatures {
  const role = roleOf(file.path)
  const counts = options.fullText?.(file) ?? file.counts
  const isWanted = options.includeTests && role === 'test'
  return {
    ...lexicalFeatures(counts, context),
    ...nameFeatures(file, context),
    defines: definesFeature(file, context),
    namedPath: Math.max(0, ...context.facts.paths.map(({ path }) => matchShare(path, file.path, context))),
    frame: frameFeature(file, context),
    module: moduleFeature(file, context),
    bestFunction: options.bestFunction?.(file) ?? 0,
    neighbour: neighbourFeature(file, context, options),
    quoted: Math.min(1, (options.quotedLines?.(file) ?? 0) / 3),
    notSource: role === 'source' || isWanted ? 0 : 1,
    setUp: isSetUp(file.path) ? 1 : 0,
    packageFile: isPackageFile(file.path) ? 1 : 0,
  }
}

function lexicalFeatures(
  counts: ReadonlyMap<Term, number>,
  context: Context,
): Pick<FileFeatures, 'lexical' | 'coverage' | 'titleLexical'> {
  let [score, present, possible, title, titlePossible, weight] = [0, 0, 0, 0, 0, 0]
  for (const { term, value } of context.searched) {
    const count = counts.get(term) ?? 0
    const gain = (value * count) / (count + 1.5)
    score += gain
    possible += value
    weight += term.weight
    if (count > 0) present += term.weight
    if (!term.isInTitle) continue
    title += gain
    titlePossible += value
  }
  return {
    lexical: possible === 0 ? 0 : score / possible,
    coverage: weight === 0 ? 0 : present / weight,
    titleLexical: titlePossible === 0 ? 0 : title / titlePossible,
  }
}

function nameFeatures(file: KnownFile, context: Context): Pick<FileFeatures, 'baseName' | 'folder'> {
  const name = isPackageFile(file.path) ? '' : stemOf(file.path)
  const folders = file.path.split('/').slice(0, -1)
  const whole = context.identifierWeight.get(name) ?? 0
  return {
    baseName: Math.min(1, Math.max(partsWeight(name, context), whole) / context.topWeight),
    folder: Math.min(1, Math.max(0, ...folders.map((folder) => partsWeight(folder, context))) / context.topWeight),
  }
}

/** Mean weight of a name's parts, so that a name that is said in full counts more than one that is half said. */
function partsWeight(name: string, context: Context): number {
  const parts = splitIdentifier(name)
  if (parts.length === 0) return 0
  let sum = 0
  for (const part of parts) sum += context.wordWeight.get(stem(part)) ?? 0
  return sum / parts.length
}

function definesFeature(file: KnownFile, context: Context): number {
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

function neighbourFeature(file: KnownFile, context: Context, options: FileRankingOptions): number {
  let sum = 0
  for (const name of new Set(file.defines.map((definition) => definition.name))) {
    const neighbour = options.neighbours?.get(name)
    if (neighbour === undefined || neighbour.from === file) continue
    sum += neighbour.strength / (context.knowledge.definingFiles.get(name)?.size ?? 1)
  }
  return Math.min(1, sum)
}

/** 1 for a path named with its folders, less for a bare file name that many share; only the longest match in the tree counts. */
function matchShare(named: string, path: string, context: Context): number {
  const shared = sharedSuffix(named, path)
  if (shared === 0 || shared < (context.frameSuffix.get(named) ?? 0)) return 0
  if (shared > 1) return 1
  return isPackageFile(path) ? 0 : named.includes('/') ? 0.5 : 1
}

function frameFeature(file: KnownFile, context: Context): number {
  let best = 0
  for (const frame of context.facts.frames) {
    best = Math.max(best, matchShare(frame.path, file.path, context) / (1 + 0.35 * frame.depth))
  }
  return best
}

/** A dotted name that spells the path: `a.b.C` for `a/b.py`, by the share of the path's parts that it covers. */
function moduleFeature(file: KnownFile, context: Context): number {
  const parts = file.path
    .replace(/\.[^./]+$/, '')
    .replace(/\/__init__$/, '')
    .split('/')
  let best = 0
  for (const name of context.facts.dottedNames) {
    const words = name.split('.')
    for (let length = Math.min(words.length, parts.length); length >= 2; length -= 1) {
      const tail = parts.slice(-length).join('.')
      const isPrefix = `${name}.`.startsWith(`${tail}.`)
      if (isPrefix) {
        best = Math.max(best, Math.min(1, length / 3))
        break
      }
    }
  }
  return best
}

function dot(features: FileFeatures, weights: FileWeights): number {
  let sum = 0
  for (const key of Object.keys(weights) as (keyof FileWeights)[]) sum += features[key] * weights[key]
  return sum
}
