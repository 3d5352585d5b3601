import type { Weights } from 'fusesearch/policies'
import { type Estimate, estimateMean } from '../../evaluation/index.ts'
import { createFleet } from '../train/fleet.ts'
import { runTraining, type TrainResult } from '../train/run.ts'
import type { Training, TrainRequest } from '../train/training.ts'
import { type HeldOutScore, heldOutScores, playHeldOut } from '../train/validate.ts'

/** An adaptation: a training from the shipped weights on, tested on samples that took no part in it. */
export interface AdaptRequest extends TrainRequest {
  readonly start: Weights
  readonly test: readonly number[]
}

/** What came of it: differences are adapted less shipped, paired by test sample, with 95% intervals. */
export interface Adaptation {
  readonly result: TrainResult
  readonly f1: Estimate
  readonly fileF1: Estimate
  readonly functionF1: Estimate
  readonly efficiency: Estimate
  /** True when the interval of F1's gain lies above 0: only then are the weights worth having. */
  readonly isGain: boolean
}

/** Adapts and tests. Throws as `runTraining`. */
export async function runAdaptation(request: AdaptRequest): Promise<Adaptation> {
  const result = await runTraining(request)
  const before = await playTest(request, request.start)
  const after = await playTest(request, result.weights)
  const gain = (pick: (score: HeldOutScore) => number | null): Estimate =>
    estimateMean(after.flatMap((score, index) => differenceOf(pick(score), before[index], pick)))
  const f1 = gain(({ fileF1, functionF1 }) => (functionF1 === null ? fileF1 : (fileF1 + functionF1) / 2))
  return {
    result,
    f1,
    fileF1: gain(({ fileF1 }) => fileF1),
    functionF1: gain(({ functionF1 }) => functionF1),
    efficiency: gain(({ efficiency }) => efficiency),
    isGain: f1.low !== null && f1.low > 0,
  }
}

async function playTest(request: AdaptRequest, weights: Weights): Promise<readonly HeldOutScore[]> {
  const fleet = createFleet(request.runners, request.clock)
  const training: Training = {
    ...request,
    validation: request.test,
    fleet,
    save: async () => {},
    tell: () => () => {},
  }
  return heldOutScores(training, await playHeldOut(training, weights))
}

function differenceOf(
  value: number | null,
  other: HeldOutScore | undefined,
  pick: (score: HeldOutScore) => number | null,
): number[] {
  const before = other === undefined ? null : pick(other)
  return value === null || before === null ? [] : [value - before]
}
