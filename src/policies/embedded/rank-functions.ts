import type { Definition } from '../../code/index.ts'
import type { Term } from './issue/index.ts'
import { splitIdentifier, stem } from './issue/index.ts'
import type { Knowledge, KnownFile } from './knowledge.ts'
import { rarity } from './knowledge.ts'
import type { Neighbours } from './neighbours.ts'
import { sharedSuffix } from './paths.ts'
import type { TermHits } from './text-index.ts'
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
  readonly definitions: readonly Definition[]
  readonly hits: TermHits
  /** The file's own score, scaled to [0, 1] over the ranked files. */
  readonly fileScore: number
}

export interface FunctionRankingOptions {
  readonly knowledge: Knowledge
  readonly terms: readonly Term[]
  readonly weights: FunctionWeights
  /** Names that stand next to the best functions (called, overridden). */
  readonly neighbours: Neighbours
}

/** Ranks the functions of the given files, best first; ties by path and line. */
export function rankFunctions(
  files: readonly ParsedFile[],
  options: FunctionRankingOptions,
): readonly RankedFunction[] {
  const bodies = files.flatMap((file) => measureBodies(file))
  const context = createContext(bodies, options)
  return bodies
    .map((body) => {
      const features = featuresOf(body, context)
      return { file: body.parsed.file, definition: body.definition, features, score: dot(features, options.weights) }
    })
    .sort(
      (a, b) =>
        b.score - a.score ||
        (a.file.path < b.file.path
          ? -1
          : a.file.path > b.file.path
            ? 1
            : a.definition.startLine - b.definition.startLine),
    )
}

interface Body {
  readonly parsed: ParsedFile
  readonly definition: Definition
  /** Occurrences by term index. */
  readonly counts: Map<number, number>
  tokens: number
  quoted: number
}

/** Assigns each occurrence to the innermost function around its line. */
function measureBodies(parsed: ParsedFile): readonly Body[] {
  const owner = new Int32Array(parsed.hits.tokensByLine.length).fill(-1)
  const bodies: Body[] = []
  for (const definition of parsed.definitions) {
    if (definition.kind !== 'function') continue
    // Definitions come in source order, so an inner one overwrites the lines of the one around it.
    owner.fill(bodies.length, definition.startLine - 1, definition.endLine)
    bodies.push({ parsed, definition, counts: new Map(), tokens: 0, quoted: 0 })
  }
  for (const [line, index] of owner.entries()) {
    const body = bodies[index]
    if (body !== undefined) body.tokens += parsed.hits.tokensByLine[line] ?? 0
  }
  for (const [position, term] of parsed.hits.terms.entries()) {
    const body = bodies[owner[parsed.hits.lines[position] ?? 0] ?? -1]
    if (body !== undefined) body.counts.set(term, (body.counts.get(term) ?? 0) + 1)
  }
  for (const line of parsed.hits.quoted) {
    const body = bodies[owner[line] ?? -1]
    if (body !== undefined) body.quoted += 1
  }
  return bodies
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
}

function createContext(bodies: readonly Body[], options: FunctionRankingOptions): Context {
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

function featuresOf(body: Body, context: Context): FunctionFeatures {
  const { definition, parsed } = body
  const parts = definition.name.split('.')
  const className = parts.length > 1 ? parts[parts.length - 2] : undefined
  const named = (context.identifiers.get(definition.shortName) ?? 0) / context.topWeight
  const classNamed = className === undefined ? 0 : (context.identifiers.get(className) ?? 0) / context.topWeight
  return {
    ...lexicalFeatures(body, context),
    name: named / Math.sqrt(context.sameName.get(definition.shortName) ?? 1),
    nameParts: partsShare(definition.shortName, context),
    className: className === undefined ? 0 : Math.max(classNamed, 0.5 * partsShare(className, context)),
    frame: frameFeature(body, context),
    quoted: Math.min(1, body.quoted / 2),
    qualified: named > 0 && classNamed > 0 ? 1 : 0,
    file: parsed.fileScore,
    neighbour: context.neighbours.get(definition.shortName)?.strength ?? 0,
    dunder: /^__\w+__$/.test(definition.shortName) && named === 0 ? 1 : 0,
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
function partsShare(name: string, context: Context): number {
  const parts = splitIdentifier(name)
  if (parts.length === 0) return 0
  let sum = 0
  for (const part of parts) sum += context.words.get(stem(part)) ?? 0
  return Math.min(1, sum / context.topWeight / Math.sqrt(parts.length))
}

function frameFeature({ definition, parsed }: Body, context: Context): number {
  let best = 0
  for (const frame of context.knowledge.facts.frames) {
    if (sharedSuffix(frame.path, parsed.file.path) === 0) continue
    const isInside = frame.line >= definition.startLine && frame.line <= definition.endLine
    const isNamed = frame.functionName !== undefined && frame.functionName.split('.').pop() === definition.shortName
    if (isInside || isNamed) best = Math.max(best, (isNamed ? 1 : 0.6) / (1 + 0.35 * frame.depth))
  }
  for (const path of context.knowledge.facts.paths) {
    const { line } = path
    if (line === undefined || line < definition.startLine || line > definition.endLine) continue
    if (sharedSuffix(path.path, parsed.file.path) > 0) best = Math.max(best, 0.9)
  }
  return best
}

function dot(features: FunctionFeatures, weights: FunctionWeights): number {
  let sum = 0
  for (const key of Object.keys(weights) as (keyof FunctionWeights)[]) sum += features[key] * weights[key]
  return sum
}
