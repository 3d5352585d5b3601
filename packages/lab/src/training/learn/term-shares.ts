import type { TermEvidence } from 'fusesearch/policies'

/** A feature of a ranking's entries that is a share of the terms' values, worked out anew. */
export interface ShareFeature {
  /** Of the feature, by entry. */
  readonly values: Float64Array
  /** Of the terms: value times `m`. */
  readonly weighed: Float64Array
  readonly total: number
  readonly isPresence: boolean
}

/** The features that terms make, with `m = exp(traits · weights)`; see {@link TermEvidence}. */
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
 * Adds to `gradient` the slopes of `Σ slope · weight · feature` over the entries with respect to the weights of traits:
 * d feature / d m = value · (gain - feature) / Σ m·value, d m / d weight = m · trait.
 */
export function addTraitSlopes(
  gradient: Float64Array,
  { values, weighed, total, isPresence }: ShareFeature,
  { evidence, slopes, weight }: { evidence: TermEvidence; slopes: readonly number[]; weight: number },
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
