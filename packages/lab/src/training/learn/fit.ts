import { createRng, shuffled } from 'fusesearch/core'
import { createAdam, stepAdam } from './adam.ts'
import { type LengthParameters, type LengthSample, lengthLoss } from './answer-length.ts'
import { cloningLoss, type Loss } from './clone.ts'
import type { PackedPick } from './packed.ts'
import { type RankingSample, rankingLoss } from './ranking.ts'

/** Decisions of a step of behaviour cloning. */
const BATCH = 512
const RANKING_RATE = 0.03

/** Weights of the traits of terms, of files and of functions: all that ranks. */
export interface RankingVectors {
  readonly term: Float64Array
  readonly file: Float64Array
  readonly function: Float64Array
}

/** The rankings of rollouts, one of each kind from each. */
export interface Rankings {
  readonly files: readonly RankingSample[]
  readonly functions: readonly RankingSample[]
}

/**
 * Fits all that ranks from the anchor on, all rankings at every step: the losses of both levels, which share the terms
 * ({@link rankingLoss}), plus `prior / 2n` times the squared distance from the anchor, `n` the rankings of a level
 * (FINDINGS: without it, learning from a few hundred issues is worse than no learning).
 */
export function fitRankings(
  rankings: Rankings,
  { anchor, prior, steps }: { readonly anchor: RankingVectors; readonly prior: number; readonly steps: number },
): RankingVectors {
  const start = joined(anchor)
  const pull = prior / Math.max(1, rankings.files.length, rankings.functions.length)
  const lossAt = (parameters: Float64Array): Loss => lossOfBoth(splitLike(parameters, anchor), rankings)
  return splitLike(descend(start, lossAt, { pull, steps, learningRate: RANKING_RATE }), anchor)
}

/** Adam's steps down a loss plus `pull / 2` times the squared distance from `start`. */
function descend(
  start: Float64Array,
  lossAt: (parameters: Float64Array) => Loss,
  { pull, steps, learningRate }: { readonly pull: number; readonly steps: number; readonly learningRate: number },
): Float64Array {
  const parameters = Float64Array.from(start)
  const state = createAdam(parameters.length)
  for (let step = 0; step < steps; step += 1) {
    const { gradient } = lossAt(parameters)
    for (const [index, value] of parameters.entries()) {
      gradient[index] = (gradient[index] ?? 0) + pull * (value - (start[index] ?? 0))
    }
    stepAdam(parameters, { gradient, state, anchor: start }, { learningRate, decay: 0 })
  }
  return parameters
}

function lossOfBoth({ term, file, function: ofFunction }: RankingVectors, { files, functions }: Rankings): Loss {
  const [above, below] = [
    rankingLoss({ features: file, traits: term }, files),
    rankingLoss({ features: ofFunction, traits: term }, functions),
  ]
  const traits = [above, below].map(({ gradient }) => gradient.subarray(gradient.length - term.length))
  return {
    loss: above.loss + below.loss,
    gradient: joined({
      term: term.map((_, index) => (traits[0]?.[index] ?? 0) + (traits[1]?.[index] ?? 0)),
      file: above.gradient.subarray(0, file.length),
      function: below.gradient.subarray(0, ofFunction.length),
    }),
  }
}

function joined({ term, file, function: ofFunction }: RankingVectors): Float64Array {
  return Float64Array.of(...term, ...file, ...ofFunction)
}

function splitLike(vector: Float64Array, { term, file }: RankingVectors): RankingVectors {
  const [first, second] = [term.length, term.length + file.length]
  return { term: vector.slice(0, first), file: vector.slice(first, second), function: vector.slice(second) }
}

const LENGTH_RATE = 0.05
const LENGTH_STEPS = 200
/** Pull towards the parameters before, over the number of answers: F1 is in [0, 1], and they are up to 25. */
const LENGTH_PRIOR = 0.44

/** Fits the parameters of adding an entry to the answer, from their own values on; see {@link lengthLoss}. */
export function fitLength({ add, none }: LengthParameters, samples: readonly LengthSample[]): Float64Array {
  const pull = LENGTH_PRIOR / Math.max(1, samples.length)
  const lossAt = (parameters: Float64Array): Loss => lengthLoss({ add: parameters, none }, samples)
  return descend(add, lossAt, { pull, steps: LENGTH_STEPS, learningRate: LENGTH_RATE })
}

/** Clones the decisions, from `start` on; the order of the batches follows from the seed. */
export function fitStrategy(
  start: Float64Array,
  picks: readonly PackedPick[],
  { epochs, learningRate, seed }: { readonly epochs: number; readonly learningRate: number; readonly seed: number },
): Float64Array {
  const parameters = Float64Array.from(start)
  const state = createAdam(parameters.length)
  const rng = createRng(seed)
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const order = shuffled(picks, rng)
    for (let from = 0; from < order.length; from += BATCH) {
      const { gradient } = cloningLoss(parameters, order.slice(from, from + BATCH))
      stepAdam(parameters, { gradient, state, anchor: start }, { learningRate, decay: DECAY })
    }
  }
  return parameters
}

/** Pull of cloned parameters towards the teacher's. */
const DECAY = 0.05
