import type { Weights } from 'fusesearch/policies'
import { calibrate, calibrationError, type Verdict } from '../learn/calibrate.ts'
import type { PackedRollout } from '../rollout/play.ts'
import { groupTasks, rolloutsOf, type Training } from './training.ts'

/** Means over rollouts; shares and scores in [0, 1]. */
export interface Metrics {
  readonly n: number
  readonly reward: number
  readonly f1: number
  readonly fileF1: number
  /** Over those with function gold. */
  readonly functionF1: number
  /** Over those that called. */
  readonly efficiency: number
  readonly redundancy: number
  readonly turns: number
  readonly calls: number
  readonly bytes: number
  /** Mean calls by turn, over the rollouts that called in it. */
  readonly breadth: readonly number[]
}

export function metricsOf(rollouts: readonly PackedRollout[]): Metrics {
  const mean = (pick: (rollout: PackedRollout) => number | null): number => meanOf(rollouts.map(pick))
  const calls = rollouts.reduce((sum, rollout) => sum + rollout.calls, 0)
  const redundant = rollouts.reduce((sum, rollout) => sum + rollout.redundantCalls, 0)
  const turns = Math.max(0, ...rollouts.map(({ breadth }) => breadth.length))
  return {
    n: rollouts.length,
    reward: mean(({ reward }) => reward),
    f1: mean(({ f1 }) => f1),
    fileF1: mean(({ fileF1 }) => fileF1),
    functionF1: mean(({ functionF1 }) => functionF1),
    efficiency: mean(({ efficiency }) => efficiency),
    redundancy: redundant / Math.max(1, calls),
    turns: mean((rollout) => rollout.turns),
    calls: mean((rollout) => rollout.calls),
    bytes: mean(({ bytesShown }) => bytesShown),
    breadth: Array.from({ length: turns }, (_, turn) => mean(({ breadth }) => breadth[turn] ?? null)),
  }
}

/** Calls and bytes beyond those of the start, as a share, up to which e may be compared (SPEC §3). */
const MAX_EXTRA_SPENDING = 0.1

/**
 * Whether a policy earns more than the best so far, without spending much more than the one that training began with
 * and without giving up F1 for e: a reward of both alone would take that.
 */
export function isBetter(candidate: Metrics, best: number, start: Metrics | undefined): boolean {
  const bound = 1 + MAX_EXTRA_SPENDING
  if (start === undefined) return candidate.reward > best
  const isThrifty = candidate.calls <= bound * start.calls && candidate.bytes <= bound * start.bytes
  return isThrifty && candidate.f1 >= start.f1 && candidate.reward > best
}

function meanOf(values: readonly (number | null)[]): number {
  const known = values.filter((value) => value !== null)
  return known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length)
}

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
