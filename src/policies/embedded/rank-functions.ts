import type { Definition } from '../../code/index.ts'
import type { Body } from './bodies.ts'
import type { IssueFacts, Term } from './issue/index.ts'
import type { Knowledge, KnownFile } from './knowledge.ts'
import { rarity } from './knowledge.ts'
import type { Neighbours } from './neighbours.ts'
import { sharedSuffix } from './paths.ts'
import type { FunctionWeights } from './weights.ts'

export type FunctionFeatures = Readonly<Record<keyof FunctionWeights, number>>

/** A function of a read file with its score. */
export interface RankedFunction {
  readonly file: KnownFile
  readonly definition: Definition
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

export interface FunctionRankingOptions {
  readonly knowledge: Knowledge
  readonly terms: readonly Term[]
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
      return { file: body.file, definition: body.definition, features, score: dot(features, options.weights) }
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
  /** Value of each term in a function: stress times rarity among the bodies and in the tree. */
  readonly values: Float64Array
  readonly total: number
  readonly titleTotal: number
  readonly meanTokens: number
  readonly identifiers: ReadonlyMap<string, number>
  readonly words: ReadonlyMap<string, number>
  readonly topWeight: number
  readonly sameName: ReadonlyMap<string, number>
  readonly fileScores: ReadonlyMap<KnownFile, number>
  readonly places: ReadonlyMap<KnownFile, Places>
}

function createContext(files: readonly ParsedFile[], options: FunctionRankingOptions): Context {
  const bodies = files.flatMap((file) => file.bodies)
  const values = new Float64Array(options.terms.length)
  const frequency = new Float64Array(options.terms.length)
  const sameName = new Map<string, number>()
  let tokens = 0
  for (const body of bodies) {
    tokens += body.tokens
    sameName.set(body.definition.shortName, (sameName.get(body.definition.shortName) ?? 0) + 1)
    for (const term of body.counts.keys()) frequency[term] = (frequency[term] ?? 0) + 1
  }
  let [total, titleTotal] = [0, 0]
  for (const [index, term] of options.terms.entries()) {
    const local = Math.log(1 + bodies.length / ((frequency[index] ?? 0) + 0.5))
    const value = (frequency[index] ?? 0) === 0 ? 0 : term.weight * 0.5 * (local + rarity(options.knowledge, term))
    values[index] = value
    total += value
    if (term.isInTitle) titleTotal += value
  }
  const weights = (kind: Term['kind']): Map<string, number> =>
    new Map(options.terms.filter((term) => term.kind === kind).map((term) => [term.text, term.weight]))
  return {
    ...options,
    fileScores: new Map(files.map(({ file, fileScore }) => [file, fileScore])),
    places: new Map(files.map(({ file }) => [file, placesIn(file, options.knowledge.facts)])),
    values,
    total,
    titleTotal,
    meanTokens: bodies.length === 0 ? 1 : Math.max(1, tokens / bodies.length),
    identifiers: weights('identifier'),
    words: weights('word'),
    topWeight: Math.max(1, ...options.terms.map((term) => term.weight)),
    sameName,
  }
}

const LENGTH_NORMALISATION = 0.35
const SATURATION = 1.2
/** Tokens of a function as long as they come; beyond it more length says no more. */
const LONG_FUNCTION = 1000

function featuresOf(body: Body, context: Context): FunctionFeatures {
  const { definition, className } = body
  // A constructor that bears its class's name is not meant by every mention of the class.
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
    qualified: named > 0 && classNamed > 0 ? 1 : 0,
    file: context.fileScores.get(body.file) ?? 0,
    neighbour: 0,
    dunder: /^__\w+__$/.test(definition.shortName) && named === 0 ? 1 : 0,
    size: Math.min(1, Math.log(1 + body.tokens) / Math.log(LONG_FUNCTION)),
  }
}

function lexicalFeatures(body: Body, context: Context): Pick<FunctionFeatures, 'lexical' | 'titleLexical'> {
  const norm = SATURATION * (1 - LENGTH_NORMALISATION + (LENGTH_NORMALISATION * body.tokens) / context.meanTokens)
  let [score, title] = [0, 0]
  for (const [index, count] of body.counts) {
    const gain = ((context.values[index] ?? 0) * count) / (count + norm)
    score += gain
    if (context.terms[index]?.isInTitle === true) title += gain
  }
  return {
    lexical: context.total === 0 ? 0 : score / context.total,
    titleLexical: context.titleTotal === 0 ? 0 : title / context.titleTotal,
  }
}

/** Weight of the name's parts that the issue says, tempered for long names. */
function stemsShare(stems: readonly string[], context: Context): number {
  if (stems.length === 0) return 0
  let sum = 0
  for (const one of stems) sum += context.words.get(one) ?? 0
  return Math.min(1, sum / context.topWeight / Math.sqrt(stems.length))
}

/** The frames and line references of the issue that lead to a file, which few files have. */
interface Places {
  readonly frames: IssueFacts['frames']
  readonly paths: IssueFacts['paths']
}

function placesIn({ path }: KnownFile, { frames, paths }: IssueFacts): Places {
  return {
    frames: frames.filter((frame) => sharedSuffix(frame.path, path) > 0),
    paths: paths.filter((named) => named.line !== undefined && sharedSuffix(named.path, path) > 0),
  }
}

function frameFeature({ definition, file }: Body, context: Context): number {
  const { frames, paths } = context.places.get(file) ?? NOWHERE
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

const NOWHERE: Places = { frames: [], paths: [] }

function dot(features: FunctionFeatures, weights: FunctionWeights): number {
  let sum = 0
  for (const key of Object.keys(weights) as (keyof FunctionWeights)[]) sum += features[key] * weights[key]
  return sum
}
