import { createRng, shuffled } from '../../core/index.ts'
import { createAdam, stepAdam } from './adam.ts'
import { cloningLoss } from './clone.ts'
import type { PackedPick } from './packed.ts'
import { type RankingSample, rankingLoss } from './ranking.ts'

/** Decisions of a step of behaviour cloning. */
const BATCH = 512
const RANKING_RATE = 0.03

/** Fits ranking weights from the anchor on; see {@link rankingLoss}. All rankings at every step. */
export function fitRanking(
  samples: readonly RankingSample[],
  { anchor, shrink, steps }: { readonly anchor: Float64Array; readonly shrink: number; readonly steps: number },
): Float64Array {
  const weights = Float64Array.from(anchor)
  const state = createAdam(weights.length)
  for (let step = 0; step < steps; step += 1) {
    const { gradient } = rankingLoss(weights, samples, { anchor, shrink })
    stepAdam(weights, { gradient, state, anchor }, { learningRate: RANKING_RATE, decay: 0 })
  }
  return weights
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
