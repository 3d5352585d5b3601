import { createRng, shuffled } from 'fusesearch/core'
import type { TermEvidence } from 'fusesearch/policies'
import { cloningLoss, type Loss, type PackedChoice } from './choice-loss.ts'
import { type LengthParameters, type LengthSample, lengthLoss } from './length-loss.ts'
import { type RankingSample, rankingLoss } from './ranking-loss.ts'

/** Choices of a step of behaviour cloning. */
const BATCH = 512
const RANKING_RATE = 0.03

/** Weights of the traits of terms, of files and of functions: everything that the ranking uses. */
interface RankingVectors {
  readonly term: Float64Array
  readonly file: Float64Array
  readonly function: Float64Array
}

/** The rankings of rollouts, one of each level from each rollout. */
interface Rankings {
  readonly files: readonly RankingSample[]
  readonly functions: readonly RankingSample[]
}

/**
 * Fits the weights that rank, starting from the anchor: the losses of both levels, which share the terms
 * ({@link rankingLoss}), plus `prior / 2n` times the squared distance from the anchor, where `n` is the number of
 * rankings of a level. Without this penalty, a fit on a few hundred issues is worse than no fit.
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

/** A ranking whose scores stay, with features that are to be added: entries × features, row by row. */
interface AddedSample {
  readonly scores: readonly number[]
  readonly features: readonly number[]
  readonly isGold: readonly boolean[]
}

const ADDED_STEPS = 300
const ADDED_RATE = 0.1
/** Pull towards 0, over the number of rankings: features that differ by a tenth have weights of several units. */
const ADDED_PRIOR = 0.05

/** The weights of two features that are added to the scores of rankings: those that make the gold entries most likely. */
export function fitAdded(samples: readonly AddedSample[]): Float64Array {
  const rankings = samples.map(({ scores, features, isGold }): RankingSample => {
    const rows = scores.flatMap((score, entry) => [score, features[2 * entry] ?? 0, features[2 * entry + 1] ?? 0])
    const isGoldEntry = Uint8Array.from(isGold, Number)
    return { features: Float32Array.from(rows), isGold: isGoldEntry, evidence: NO_EVIDENCE, columns: [] }
  })
  const lossAt = (weights: Float64Array): Loss => {
    const { loss, gradient } = rankingLoss({ features: Float64Array.of(1, ...weights), traits: NO_TRAITS }, rankings)
    return { loss, gradient: gradient.slice(1) }
  }
  const settings = { pull: ADDED_PRIOR / Math.max(1, samples.length), steps: ADDED_STEPS, learningRate: ADDED_RATE }
  return descend(new Float64Array(2), lossAt, settings)
}

const NO_TRAITS = new Float64Array(0)
/** These rankings are made of no terms. */
const NO_EVIDENCE: TermEvidence = {
  traits: new Float32Array(0),
  shares: [],
  ends: new Int32Array(0),
  terms: new Int16Array(0),
  gains: new Float32Array(0),
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
/** Penalty for leaving the start, divided by the number of answers: F1 is in [0, 1], and parameters are up to 25. */
const LENGTH_PRIOR = 0.44

/** Fits the parameters of adding an entry to the answer, starting from their values; see {@link lengthLoss}. */
export function fitLength({ add, none }: LengthParameters, samples: readonly LengthSample[]): Float64Array {
  const pull = LENGTH_PRIOR / Math.max(1, samples.length)
  const lossAt = (parameters: Float64Array): Loss => lengthLoss({ add: parameters, none }, samples)
  return descend(add, lossAt, { pull, steps: LENGTH_STEPS, learningRate: LENGTH_RATE })
}

/** Clones the choices, starting from `start`; the seed decides the order of the batches. */
export function fitStrategy(
  start: Float64Array,
  choices: readonly PackedChoice[],
  { epochs, learningRate, seed }: { readonly epochs: number; readonly learningRate: number; readonly seed: number },
): Float64Array {
  const parameters = Float64Array.from(start)
  const state = createAdam(parameters.length)
  const rng = createRng(seed)
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    const order = shuffled(choices, rng)
    for (let from = 0; from < order.length; from += BATCH) {
      const { gradient } = cloningLoss(parameters, order.slice(from, from + BATCH))
      stepAdam(parameters, { gradient, state, anchor: start }, { learningRate, decay: DECAY })
    }
  }
  return parameters
}

/** Penalty for leaving the teacher's parameters. */
const DECAY = 0.05

/** Settings of Adam (Kingma & Ba 2015), with weight decay towards a point instead of zero. */
interface AdamSettings {
  readonly learningRate: number
  /** Weight decay towards `anchor`, per step, relative to the learning rate. */
  readonly decay: number
}

/** The state of Adam between steps; plain numbers, so that a checkpoint can store it. */
export interface AdamState {
  step: number
  readonly first: Float64Array
  readonly second: Float64Array
}

const BETA_1 = 0.9
const BETA_2 = 0.99
const EPSILON = 1e-8

export function createAdam(size: number): AdamState {
  return { step: 0, first: new Float64Array(size), second: new Float64Array(size) }
}

/** Moves the parameters against the gradient, in place. Throws RangeError when the gradient isn't finite. */
export function stepAdam(
  parameters: Float64Array,
  { gradient, state, anchor }: { gradient: Float64Array; state: AdamState; anchor: Float64Array },
  { learningRate, decay }: AdamSettings,
): void {
  if (!gradient.every(Number.isFinite)) throw new RangeError('the gradient is not finite')
  state.step += 1
  const scale = (learningRate * Math.sqrt(1 - BETA_2 ** state.step)) / (1 - BETA_1 ** state.step)
  for (let index = 0; index < parameters.length; index += 1) {
    const slope = gradient[index] ?? 0
    const first = BETA_1 * (state.first[index] ?? 0) + (1 - BETA_1) * slope
    const second = BETA_2 * (state.second[index] ?? 0) + (1 - BETA_2) * slope * slope
    state.first[index] = first
    state.second[index] = second
    const value = parameters[index] ?? 0
    const pull = learningRate * decay * (value - (anchor[index] ?? 0))
    parameters[index] = value - (scale * first) / (Math.sqrt(second) + EPSILON) - pull
  }
}
