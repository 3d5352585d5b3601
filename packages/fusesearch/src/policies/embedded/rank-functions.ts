import type { Definition } from '../../code/index.ts'
import type { Body, LineRange } from './bodies.ts'
import type { IssueFacts, Term } from './issue/index.ts'
import type { Knowledge, KnownFile } from './knowledge.ts'
import { rarity } from './knowledge.ts'
import type { Neighbours } from './neighbours.ts'
import { sharedSuffix } from './paths.ts'
import { quotingShare } from './rank-files.ts'
import type { FunctionWeights } from './weights.ts'

export type FunctionFeatures = Readonly<Record<keyof FunctionWeights, number>>

/** A function of a read file with its score. */
export interface RankedFunction {
  readonly file: KnownFile
  readonly definition: Definition
  /** Of an enormous definition, the lines to show. */
  readonly part: LineRange | undefined
  readonly features: FunctionFeatures
  readonly score: number
}

/** A read and parsed file, ready for ranking. */
export interface ParsedFile {
  readonly file: KnownFile
  readonly bodies: readonly Body[]
  /** The file's own score, scaled to [0, 1] over the ranked files. */
  readonly fileScore: number
}

/** The terms of the issue, and what is known of them. */
export interface RankedTerms {
  readonly knowledge: Knowledge
  readonly terms: readonly Term[]
}

export interface FunctionRankingOptions extends RankedTerms {
  readonly weights: FunctionWeights
}

/** Ranks the functions of the given files, best first; ties by path and line. */
export function rankFunctions(
  files: readonly ParsedFile[],
  options: FunctionRankingOptions,
): readonly RankedFunction[] {
  const context = createContext(files, options)
  const ranked = files.flatMap(({ bodies }) =>
    bodies.map((body): RankedFunction => {
      const features = featuresOf(body, context)
      const { file, definition, part } = body
      return { file, definition, part, features, score: dot(features, options.weights) }
    }),
  )
  return ranked.sort(byScore)
}

/** The same ranking with what is known of neighbours added. */
export function addNeighbours(
  ranked: readonly RankedFunction[],
  neighbours: Neighbours,
  weights: FunctionWeights,
): readonly RankedFunction[] {
  const added = ranked.map((one) => {
    const neighbour = neighbours.get(one.definition.shortName)?.strength
    if (neighbour === undefined) return one
    const score = one.score + neighbour * weights.neighbour
    return { ...one, features: { ...one.features, neighbour }, score }
  })
  return added.sort(byScore)
}

function byScore(a: RankedFunction, b: RankedFunction): number {
  if (a.score !== b.score) return b.score - a.score
  if (a.file.path !== b.file.path) return a.file.path < b.file.path ? -1 : 1
  return a.definition.startLine - b.definition.startLine
}

interface Context extends FunctionRankingOptions {
  /** Value of each term in a function: its weight times rarity among the bodies and in the tree. */
  readonly values: Float64Array
  readonly total: number
  readonly titleTotal: number
  readonly meanTokens: number
  readonly identifiers: ReadonlyMap<string, number>
  readonly words: ReadonlyMap<string, number>
  readonly topWeight: number
  readonly sameName: ReadonlyMap<string, number>
  readonly fileScores: ReadonlyMap<KnownFile, number>
  readonly namedLines: ReadonlyMap<KnownFile, NamedLines>
}

function createContext(files: readonly ParsedFile[], options: FunctionRankingOptions): Context {
  const bodies = measuredIn(files)
  const rarities = raritiesIn(bodies, options)
  const values = rarities.map((rare, index) => rare * weightAt(index, options))
  const sameName = new Map<string, number>()
  for (const { definition } of bodies) {
    sameName.set(definition.shortName, (sameName.get(definition.shortName) ?? 0) + 1)
  }
  let [total, titleTotal] = [0, 0]
  for (const [index, value] of values.entries()) {
    total += value
    if (options.terms[index]?.isInTitle === true) titleTotal += value
  }
  const weights = (kind: Term['kind']): Map<string, number> =>
    new Map(options.terms.filter((term) => term.kind === kind).map((term) => [term.text, term.weight]))
  return {
    ...options,
    fileScores: new Map(files.map(({ file, fileScore }) => [file, fileScore])),
    namedLines: new Map(files.map(({ file }) => [file, namedLinesIn(file, options.knowledge.facts)])),
    values,
    total,
    titleTotal,
    meanTokens: meanTokensOf(bodies),
    identifiers: weights('identifier'),
    words: weights('word'),
    topWeight: Math.max(1, ...options.terms.map((term) => term.weight)),
    sameName,
  }
}

/** The bodies that define what is rare and what is long: functions, or all bodies if there are none. */
export function measuredIn(files: readonly ParsedFile[]): readonly Body[] {
  const bodies = files.flatMap((file) => file.bodies)
  const functions = bodies.filter(({ definition }) => definition.kind === 'function')
  return functions.length > 0 ? functions : bodies
}

/** Of each term among the bodies and in the tree, in halves; 0 for one that no body holds. */
export function raritiesIn(bodies: readonly Body[], { terms, knowledge }: RankedTerms): Float64Array {
  const frequency = new Float64Array(terms.length)
  for (const body of bodies) for (const term of body.counts.keys()) frequency[term] = (frequency[term] ?? 0) + 1
  return frequency.map((bodiesWith, index) => {
    const term = terms[index]
    if (bodiesWith === 0 || term === undefined) return 0
    return 0.5 * (Math.log(1 + bodies.length / (bodiesWith + 0.5)) + rarity(knowledge, term))
  })
}

function weightAt(index: number, { terms, knowledge }: RankedTerms): number {
  const term = terms[index]
  return (term && knowledge.termWeight.get(term)) ?? 0
}

export function meanTokensOf(bodies: readonly Body[]): number {
  const tokens = bodies.reduce((sum, body) => sum + body.tokens, 0)
  return bodies.length === 0 ? 1 : Math.max(1, tokens / bodies.length)
}

const LENGTH_NORMALISATION = 0.35
const SATURATION = 1.2
/** Tokens of a very long function; more length makes no difference. */
const LONG_FUNCTION = 1000

function featuresOf(body: Body, context: Context): FunctionFeatures {
  const { definition, className } = body
  // A constructor named like its class isn't meant by every mention of the class.
  const isClassName = definition.shortName === className
  const named = isClassName ? 0 : (context.identifiers.get(definition.shortName) ?? 0) / context.topWeight
  const classNamed = className === undefined ? 0 : (context.identifiers.get(className) ?? 0) / context.topWeight
  const lexical = lexicalFeatures(body, context)
  return {
    lexical: lexical.lexical,
    titleLexical: lexical.titleLexical,
    name: named / Math.sqrt(context.sameName.get(definition.shortName) ?? 1),
    nameParts: stemsShare(body.nameStems, context),
    className: Math.max(classNamed, 0.5 * stemsShare(body.classStems, context)),
    frame: frameFeature(body, context),
    quoted: Math.min(1, body.quoted / 2),
    phrase: body.file.phrases.some(({ line }) => owns(body, line)) ? quotingShare(body.file) : 0,
    qualified: named > 0 && classNamed > 0 ? 1 : 0,
    history: historyFeature(body),
    file: context.fileScores.get(body.file) ?? 0,
    neighbour: 0,
    block: body.isBesideFunctions ? 1 : 0,
    dunder: /^__\w+__$/.test(definition.shortName) && named === 0 ? 1 : 0,
    size: Math.min(1, Math.log(1 + body.tokens) / Math.log(LONG_FUNCTION)),
  }
}

/** Whether the line is the body's own, not that of a function inside it. */
function owns({ lines }: Body, line: number): boolean {
  return lines.has(line)
}

/**
 * What earlier commits about the same say of a function by having written lines of it: the root of their sum, since that
 * any of them did says more than how near it comes to the best.
 */
function historyFeature({ file, lines }: Body): number {
  const byCommit = new Map<string, number>()
  for (const { startLine, endLine, commit, score } of file.written) {
    if (score <= (byCommit.get(commit) ?? 0)) continue
    for (let line = startLine; line <= endLine; line++) if (lines.has(line)) byCommit.set(commit, score)
  }
  let sum = 0
  for (const score of byCommit.values()) sum += score
  return Math.sqrt(Math.min(1, sum))
}

function lexicalFeatures(body: Body, context: Context): Pick<FunctionFeatures, 'lexical' | 'titleLexical'> {
  let [score, title] = [0, 0]
  for (const [index, part] of gainsOf(body, context.meanTokens)) {
    const gain = (context.values[index] ?? 0) * part
    score += gain
    if (context.terms[index]?.isInTitle === true) title += gain
  }
  return {
    lexical: context.total === 0 ? 0 : score / context.total,
    titleLexical: context.titleTotal === 0 ? 0 : title / context.titleTotal,
  }
}

/** In [0, 1), by index of the term: the first occurrence counts most, and more in a short function. */
export function* gainsOf({ counts, tokens }: Body, meanTokens: number): Generator<readonly [number, number]> {
  const norm = SATURATION * (1 - LENGTH_NORMALISATION + (LENGTH_NORMALISATION * tokens) / meanTokens)
  for (const [term, count] of counts) yield [term, count / (count + norm)]
}

/** Weight of the name's parts that occur in the issue, reduced for long names. */
function stemsShare(stems: readonly string[], context: Context): number {
  if (stems.length === 0) return 0
  let sum = 0
  for (const one of stems) sum += context.words.get(one) ?? 0
  return Math.min(1, sum / context.topWeight / Math.sqrt(stems.length))
}

/** The frames and line references of the issue that lead to a file, which few files have. */
interface NamedLines {
  readonly frames: IssueFacts['frames']
  readonly paths: IssueFacts['paths']
}

function namedLinesIn({ path }: KnownFile, { frames, paths }: IssueFacts): NamedLines {
  return {
    frames: frames.filter((frame) => sharedSuffix(frame.path, path) > 0),
    paths: paths.filter((named) => named.line !== undefined && sharedSuffix(named.path, path) > 0),
  }
}

function frameFeature({ definition, file }: Body, context: Context): number {
  const { frames, paths } = context.namedLines.get(file) ?? NOWHERE
  let best = 0
  for (const frame of frames) {
    const isInside = frame.line >= definition.startLine && frame.line <= definition.endLine
    const isNamed = frame.functionName !== undefined && frame.functionName.split('.').pop() === definition.shortName
    if (isInside || isNamed) best = Math.max(best, (isNamed ? 1 : 0.6) / (1 + 0.35 * frame.depth))
  }
  for (const { line = 0 } of paths) {
    if (line >= definition.startLine && line <= definition.endLine) best = Math.max(best, 0.9)
  }
  return best
}

const NOWHERE: NamedLines = { frames: [], paths: [] }

function dot(features: FunctionFeatures, weights: FunctionWeights): number {
  let sum = 0
  for (const key of Object.keys(weights) as (keyof FunctionWeights)[]) sum += features[key] * weights[key]
  return sum
}
