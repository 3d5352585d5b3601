import type { Weights } from 'fusesearch/policies'
import { calibrate, calibrationError, type Verdict } from '../learn/calibrate.ts'
import type { PackedRollout } from '../rollout/group.ts'
import { rolloutsOf } from './fleet.ts'
import { type Metrics, metricsOf } from './metrics.ts'
import { groupTasks, type Training } from './training.ts'

/** One rollout with the best decisions over each held-out sample. */
export async function playHeldOut(training: Training, weights: Weights): Promise<readonly PackedRollout[]> {
  const { settings, validation, fleet } = training
  const plan = { weights, temperature: 0, wantsPicks: false, wantsRankings: false, size: 1, seed: settings.seed }
  const tasks = groupTasks(validation, plan, settings)
  return rolloutsOf(await fleet.play(tasks, training.tell('validation', 0, tasks.length)))
}

/** What a held-out sample scored, for comparing two policies sample by sample. */
export interface HeldOutScore {
  readonly sample: number
  readonly reward: number
  readonly fileF1: number
  readonly functionF1: number | null
  readonly efficiency: number | null
  readonly calls: number
  readonly bytes: number
}

/** The scores of {@link playHeldOut}'s rollouts. */
export function heldOutScores(training: Training, rollouts: readonly PackedRollout[]): readonly HeldOutScore[] {
  const samples = training.validation.filter((sample) => !training.fleet.skipped.has(sample))
  return rollouts.map(({ reward, fileF1, functionF1, efficiency, calls, bytesShown: bytes }, index) => {
    return { sample: samples[index] ?? -1, reward, fileF1, functionF1, efficiency, calls, bytes }
  })
}

/** Metrics over the held-out samples. */
export async function validate(training: Training, weights: Weights): Promise<Metrics> {
  return metricsOf(await playHeldOut(training, weights))
}

/** The weights with a confidence that was calibrated on the held-out samples, where that makes its error less. */
export async function calibrateOn(
  training: Training,
  weights: Weights,
): Promise<{ weights: Weights; calibration: { before: number; after: number } }> {
  const plain = { ...weights, confidence: { slope: 1, bias: 0 } }
  const verdicts = (await playHeldOut(training, plain)).map(
    ({ confidence, isFirstRight }): Verdict => ({ chance: confidence, isRight: isFirstRight }),
  )
  const confidence = calibrate(verdicts)
  const after = verdicts.map(({ chance, isRight }) => ({ chance: scaled(chance, confidence), isRight }))
  const calibration = { before: calibrationError(verdicts), after: calibrationError(after) }
  if (calibration.after > calibration.before) {
    return { weights: plain, calibration: { ...calibration, after: calibration.before } }
  }
  return { weights: { ...weights, confidence }, calibration }
}

function scaled(chance: number, { slope, bias }: Weights['confidence']): number {
  const odds = Math.log(chance / Math.max(1e-6, 1 - chance))
  return 1 / (1 + Math.exp(-slope * odds - bias))
}
