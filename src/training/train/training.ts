import { type Clock, createRng, shuffled } from '../../core/index.ts'
import type { Weights } from '../../policies/index.ts'
import type { GroupRunner, GroupTask } from '../rollout/group.ts'
import type { RolloutSettings } from '../rollout/play.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Fleet } from './fleet.ts'
import type { Metrics } from './metrics.ts'
import type { TrainSettings } from './settings.ts'

/** What a training run is given. Samples are indices into what the runners hold. */
export interface TrainRequest {
  readonly settings: TrainSettings
  /** The weights to begin with; the hand-set ones when left out. */
  readonly start?: Weights
  readonly training: readonly number[]
  /** Held out, of other repositories; what is chosen is chosen on these. */
  readonly validation: readonly number[]
  /** The weights in the end: the best on the held-out samples (when left out), or those of the last step. */
  readonly keeps?: 'best' | 'last'
  /** Names the samples, so that a checkpoint is never used with others. */
  readonly digest: string
  readonly runners: readonly GroupRunner[]
  /** Where the checkpoint lies. */
  readonly folder: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress?: (progress: TrainProgress) => void
}

/** How far a run is. */
export interface TrainProgress {
  readonly phase: Checkpoint['phase'] | 'validation'
  /** From 1 in phase 2, else 0. */
  readonly iteration: number
  /** Updates of phase 2 at most. */
  readonly iterations: number
  readonly done: number
  readonly total: number
  readonly rolloutsPerSecond: number
  /** The last one over all held-out samples. */
  readonly validation: Metrics | undefined
}

/** What the phases share. */
export interface Training extends TrainRequest {
  readonly fleet: Fleet
  /** Keeps the state, in memory and on disk. */
  save(checkpoint: Checkpoint): Promise<void>
  /** Tells how far the phase is. */
  tell(phase: TrainProgress['phase'], iteration: number, total: number): (done: number) => void
}

/** Settings of a rollout under these weights; a temperature of 0 takes the best decisions. */
export function rolloutSettings(settings: TrainSettings, weights: Weights, temperature: number): RolloutSettings {
  const { maxTurns, maxBreadth, tools, reward } = settings
  return { weights, temperature, maxTurns, maxBreadth, tools, reward }
}

/** One group for each sample, with seeds that follow from the run's seed and `stream`. */
export function groupTasks(
  samples: readonly number[],
  group: Omit<GroupTask, 'sample' | 'seeds'> & { readonly size: number; readonly seed: number },
): GroupTask[] {
  const { size, seed, ...task } = group
  const rng = createRng(seed)
  return samples.map((sample) => ({ ...task, sample, seeds: Array.from({ length: size }, () => rng.integer(2 ** 31)) }))
}

/** Some of the samples, drawn without repeats. */
export function drawSamples(samples: readonly number[], count: number, seed: number): number[] {
  return shuffled(samples, createRng(seed)).slice(0, count)
}
