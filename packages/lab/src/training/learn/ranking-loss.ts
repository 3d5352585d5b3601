import { type EmbeddedRun, type TermEvidence, termEvidence } from 'fusesearch/policies'
import type { GoldSets } from '../../evaluation/index.ts'
import { type Loss, meanOver } from './choice-loss.ts'

/**
 * A ranking to learn from: the features of its entries, which of them are gold, and how terms determine the features.
 */
export interface RankingSample {
  /** Entries × features, row by row. */
  readonly features: Float32Array
  readonly isGold: Uint8Array
  readonly evidence: TermEvidence
  /** The column of each of the evidence's shares. */
  readonly columns: readonly number[]
}

/** Only the first entries are used: others never reach an answer. */
const ENTRIES = { files: 40, functions: 80 }

/** The rankings of a search as plain numbers, in the order of the weights' names. */
export function rankingSamples(
  search: EmbeddedRun['search'],
  { gold, names }: { gold: GoldSets; names: { files: readonly string[]; functions: readonly string[] } },
): { files: RankingSample; functions: RankingSample } {
  const golden = new Set(gold.functions.map(({ path, name }) => `${path}\0${name}`))
  const evidence = termEvidence(search, ENTRIES)
  const files = search.files.slice(0, ENTRIES.files).map(({ file, features }) => {
    return { features, isGold: gold.files.includes(file.path) }
  })
  const functions = search.functions.slice(0, ENTRIES.functions).map(({ file, definition, features }) => {
    return { features, isGold: golden.has(`${file.path}\0${definition.name}`) }
  })
  return {
    files: sampleOf(files, names.files, evidence.files),
    functions: sampleOf(functions, names.functions, evidence.functions),
  }
}

interface Entry {
  readonly features: Readonly<Record<string, number>>
  readonly isGold: boolean
}

function sampleOf(entries: readonly Entry[], names: readonly string[], evidence: TermEvidence): RankingSample {
  return {
    features: Float32Array.from(entries.flatMap(({ features }) => names.map((name) => features[name] ?? 0))),
    isGold: Uint8Array.from(entries, ({ isGold }) => (isGold ? 1 : 0)),
    evidence,
    columns: evidence.shares.map(({ feature }) => names.indexOf(feature)),
  }
}

/** Weights of a ranking: of its features, and of the traits of terms. */
export interface RankingParameters {
  readonly features: Float64Array
  readonly traits: Float64Array
}

/**
 * Listwise loss: minus the log of the summed softmax probability of the gold entries. Rankings with no gold or only
 * gold have no gradient. The gradient contains the features first, then the traits.
 */
export function rankingLoss({ features, traits }: RankingParameters, samples: readonly RankingSample[]): Loss {
  const gradient = new Float64Array(features.length + traits.length)
  let loss = 0
  let count = 0
  for (const sample of samples) {
    const gold = sample.isGold.reduce((sum, flag) => sum + flag, 0)
    if (gold === 0 || gold === sample.isGold.length) continue
    loss += addRanking({ features, traits }, sample, gradient)
    count += 1
  }
  return meanOver(count, loss, gradient)
}

function addRanking(
  { features: weights, traits }: RankingParameters,
  sample: RankingSample,
  gradient: Float64Array,
): number {
  const { isGold } = sample
  const width = weights.length
  const shares = shareFeatures(sample.evidence, traits)
  const features = new Float64Array(sample.features)
  for (const [index, { values }] of shares.entries()) {
    const column = sample.columns[index] ?? 0
    for (let entry = 0; entry < values.length; entry += 1) features[entry * width + column] = values[entry] ?? 0
  }
  const scores = new Float64Array(isGold.length)
  for (let entry = 0; entry < scores.length; entry += 1) scores[entry] = dotAt(weights, features, entry * width)
  const top = Math.max(...scores)
  const raised = scores.map((score) => Math.exp(score - top))
  let all = 0
  let gold = 0
  for (let entry = 0; entry < raised.length; entry += 1) {
    all += raised[entry] ?? 0
    if (isGold[entry] === 1) gold += raised[entry] ?? 0
  }
  const slopes = raised.map((value, entry) => value / all - (isGold[entry] === 1 ? value / gold : 0))
  for (let entry = 0; entry < slopes.length; entry += 1) {
    const slope = slopes[entry] ?? 0
    for (let index = 0; index < width; index += 1) {
      gradient[index] = (gradient[index] ?? 0) + slope * (features[entry * width + index] ?? 0)
    }
  }
  const ofTraits = gradient.subarray(width)
  for (const [index, share] of shares.entries()) {
    const weight = weights[sample.columns[index] ?? 0] ?? 0
    addTraitSlopes(ofTraits, share, { evidence: sample.evidence, slopes, weight })
  }
  return Math.log(all / gold)
}

function dotAt(weights: Float64Array, features: Float64Array, offset: number): number {
  let sum = 0
  for (let index = 0; index < weights.length; index += 1) sum += (weights[index] ?? 0) * (features[offset + index] ?? 0)
  return sum
}

/** A feature of a ranking's entries that is a share of the terms' values, recomputed with new weights of traits. */
interface ShareFeature {
  /** Of the feature, by entry. */
  readonly values: Float64Array
  /** Of the terms: value times `m`. */
  readonly weighed: Float64Array
  readonly total: number
  readonly isPresence: boolean
}

/** The features computed from terms, where `m = exp(traits · weights)`; see {@link TermEvidence}. */
export function shareFeatures(evidence: TermEvidence, weights: Float64Array): readonly ShareFeature[] {
  const multipliers = multipliersOf(evidence.traits, weights)
  return evidence.shares.map(({ values: ofTerms, isPresence }) => {
    const weighed = multipliers.map((multiplier, term) => multiplier * (ofTerms[term] ?? 0))
    const total = weighed.reduce((sum, value) => sum + value, 0)
    const values = new Float64Array(evidence.ends.length)
    if (total > 0) {
      eachGain(evidence, (entry, term, gain) => {
        values[entry] = (values[entry] ?? 0) + ((weighed[term] ?? 0) * (isPresence ? 1 : gain)) / total
      })
    }
    return { values, weighed, total, isPresence }
  })
}

function multipliersOf(traits: Float32Array, weights: Float64Array): Float64Array {
  const width = weights.length
  const multipliers = new Float64Array(traits.length / width)
  for (let term = 0; term < multipliers.length; term += 1) {
    let sum = 0
    for (let index = 0; index < width; index += 1) sum += (weights[index] ?? 0) * (traits[term * width + index] ?? 0)
    multipliers[term] = Math.exp(sum)
  }
  return multipliers
}

/**
 * Adds to `gradient` the derivative of `Σ slope · weight · feature` over the entries with respect to the traits'
 * weights: d feature / d m = value · (gain - feature) / Σ m·value, d m / d weight = m · trait.
 */
function addTraitSlopes(
  gradient: Float64Array,
  { values, weighed, total, isPresence }: ShareFeature,
  { evidence, slopes, weight }: { evidence: TermEvidence; slopes: Float64Array; weight: number },
): void {
  if (total === 0 || weight === 0) return
  const byTerm = new Float64Array(weighed.length)
  eachGain(evidence, (entry, term, gain) => {
    byTerm[term] = (byTerm[term] ?? 0) + (slopes[entry] ?? 0) * (isPresence ? 1 : gain)
  })
  let mean = 0
  for (let entry = 0; entry < values.length; entry += 1) mean += (slopes[entry] ?? 0) * (values[entry] ?? 0)
  const width = gradient.length
  for (let term = 0; term < weighed.length; term += 1) {
    const slope = (weight * (weighed[term] ?? 0) * ((byTerm[term] ?? 0) - mean)) / total
    if (slope === 0) continue
    for (let index = 0; index < width; index += 1) {
      gradient[index] = (gradient[index] ?? 0) + slope * (evidence.traits[term * width + index] ?? 0)
    }
  }
}

function eachGain(
  { ends, terms, gains }: TermEvidence,
  visit: (entry: number, term: number, gain: number) => void,
): void {
  let at = 0
  for (let entry = 0; entry < ends.length; entry += 1) {
    for (const end = ends[entry] ?? 0; at < end; at += 1) visit(entry, terms[at] ?? 0, gains[at] ?? 0)
  }
}
