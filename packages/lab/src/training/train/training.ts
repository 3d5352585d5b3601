import { type Clock, createRng, FuseSearchError } from 'fusesearch/core'
import type { Weights } from 'fusesearch/policies'
import { PAPER_TOOLS } from 'fusesearch/search'
import { calibrate, calibrationError, type Verdict } from '../learn/calibrate.ts'
import type { GroupResult, GroupRunner, GroupTask, PackedRollout } from '../rollout/play.ts'
import type { Checkpoint, HistoryEntry } from './checkpoint.ts'
import { type Fleet, rolloutsOf } from './fleet.ts'
import { type Metrics, metricsOf } from './metrics.ts'
import type { TrainSettings } from './settings.ts'

/** What a training needs. Samples are indices into those of the runners. */
export interface TrainRequest {
  readonly settings: TrainSettings
  /** The weights to start from; the hand-set ones when left out. */
  readonly start?: Weights
  readonly training: readonly number[]
  /** Held-out samples of other repositories, which select the weights. */
  readonly validation: readonly number[]
  /** Which weights to return: the best on the held-out samples (the default), or those of the last step. */
  readonly keeps?: 'best' | 'last'
  /** Weights of phase 1 from another training with these samples and settings; phase 1 is then left out. */
  readonly taught?: Weights | undefined
  /** Digest of the samples, so that a checkpoint is never used with others. */
  readonly digest: string
  readonly runners: readonly GroupRunner[]
  /** Folder of the checkpoint. */
  readonly folder: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress?: (progress: TrainProgress) => void
  /** Called with the state after each step. */
  readonly onStep?: (state: Checkpoint) => void
}

/** Progress of a training. */
export interface TrainProgress {
  readonly phase: HistoryEntry['phase'] | 'validation'
  /** From 1 in phase 2, else 0. */
  readonly iteration: number
  /** Maximum number of updates of phase 2. */
  readonly iterations: number
  readonly done: number
  readonly total: number
  /** Of this part of the training. */
  readonly rolloutsPerSecond: number
  /** The last validation. */
  readonly validation: Metrics | undefined
}

/** What the phases share. */
export interface Training extends TrainRequest {
  readonly fleet: Fleet
  /** Saves the state, in memory and on disk. */
  save(checkpoint: Checkpoint): void
  /** Reports the progress of the phase. */
  readonly tell: (phase: TrainProgress['phase'], iteration: number, total: number) => (done: number) => void
}

/** How a list of groups is played. */
interface GroupPlan extends Pick<GroupTask, 'wants'> {
  readonly weights: Weights
  /** 0 takes the best decisions. */
  readonly temperature: number
  /** Rollouts of each group. */
  readonly size: number
  readonly seed: number
}

/** A group for each sample, with seeds derived from the plan's. The groups alternate between the tool sets. */
export function groupTasks(
  samples: readonly number[],
  plan: GroupPlan,
  { maxTurns, maxBreadth, toolSets, reward }: TrainSettings,
): GroupTask[] {
  const { weights, temperature, size, seed, wants } = plan
  const rng = createRng(seed)
  return samples.map((sample, index) => {
    const tools = toolSets[index % toolSets.length] ?? PAPER_TOOLS
    const settings = { weights, temperature, maxTurns, maxBreadth, tools, reward }
    return { sample, settings, wants, seeds: Array.from({ length: size }, () => rng.integer(2 ** 31)) }
  })
}

/** Plays groups of training samples. Throws `bad-run` with the first reason if no sample is usable. */
export async function playSome(
  { fleet, tell }: Training,
  tasks: readonly GroupTask[],
  { phase, iteration = 0 }: { readonly phase: HistoryEntry['phase']; readonly iteration?: number },
): Promise<readonly GroupResult[]> {
  const results = await fleet.play(tasks, tell(phase, iteration, tasks.length))
  if (results.some(({ ok }) => ok)) return results
  const [first] = tasks.flatMap(({ sample }) => fleet.skipped.get(sample) ?? [])
  throw new FuseSearchError(`No training sample is usable: ${first?.message ?? 'there are none'}`, {
    code: 'bad-run',
  })
}

/** Plays one rollout with the best decisions on each held-out sample. */
export async function playHeldOut(training: Training, weights: Weights): Promise<readonly PackedRollout[]> {
  const { settings, validation, fleet } = training
  const tasks = groupTasks(validation, { weights, temperature: 0, size: 1, seed: settings.seed }, settings)
  return rolloutsOf(await fleet.play(tasks, training.tell('validation', 0, tasks.length)))
}

/** The score of a held-out sample, for comparing two policies sample by sample. */
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

/** The weights with their confidence calibrated on the held-out samples, if that lowers the calibration error. */
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
