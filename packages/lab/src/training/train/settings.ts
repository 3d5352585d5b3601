import { PAPER_TOOLS, type ToolName } from 'fusesearch/search'
import type { GrpoSettings } from '../learn/decision-loss.ts'
import { DEFAULT_REWARD, type RewardSettings } from '../rollout/reward.ts'

/** Which trajectories the first phase learns from (SPEC §4; the paper's thresholds aren't published, these are ours). */
export interface TrajectoryFilter {
  /** Least F1; 0 lets all through. */
  readonly minF1: number
  /** Least e; 0 lets all through. */
  readonly minEfficiency: number
}

/** Everything that a training run depends on besides its samples; plain data, kept in its checkpoint. */
export interface TrainSettings {
  readonly seed: number
  /** What searches are offered: one list, or several that the groups take in turns, to learn to do with each. */
  readonly toolSets: readonly (readonly ToolName[])[]
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly reward: RewardSettings
  readonly ranking: {
    /** Pull towards the weights that the fit begins from, over the number of rankings: the fewer, the nearer it stays. */
    readonly prior: number
    readonly steps: number
    /** Once more after phase 2, from the searches that the learned strategy makes, and then the answers' lengths. */
    readonly again: boolean
  }
  readonly sft: {
    /** Sampled rollouts of the teacher per sample. */
    readonly rollouts: number
    readonly temperature: number
    readonly filter: TrajectoryFilter
    readonly epochs: number
    readonly learningRate: number
  }
  readonly grpo: GrpoSettings & {
    /** Updates at most; 0 leaves phase 2 out. */
    readonly iterations: number
    readonly samplesPerIteration: number
    readonly groupSize: number
    /** Passes over an iteration's decisions. */
    readonly passes: number
    readonly learningRate: number
    /** What advantages are divided by: the deviation of their group's rewards, as the paper, or of the whole update's. */
    readonly advantage: 'group' | 'update'
    /** How fast the price of calls and bytes rises while they exceed the teacher's; 0 leaves them free, as the paper. */
    readonly thrift: number
    /** Validation after every so many updates. */
    readonly validateEvery: number
    /** Ends the phase when so many validations in a row brought nothing better. */
    readonly patience: number
  }
}

export const DEFAULT_SETTINGS: TrainSettings = {
  seed: 0,
  toolSets: [PAPER_TOOLS],
  maxTurns: 6,
  maxBreadth: 8,
  reward: DEFAULT_REWARD,
  ranking: { prior: 11, steps: 300, again: true },
  sft: {
    rollouts: 6,
    temperature: 1,
    filter: { minF1: 0.5, minEfficiency: 0.5 },
    epochs: 6,
    learningRate: 0.02,
  },
  grpo: {
    iterations: 40,
    samplesPerIteration: 96,
    groupSize: 8,
    passes: 2,
    learningRate: 0.02,
    advantage: 'group',
    thrift: 0.5,
    clip: 0.2,
    kl: 0.02,
    entropy: 0.001,
    validateEvery: 4,
    patience: 4,
  },
}

/** Those that a checkpoint is bound to: a training may be given more updates, or be ended early, and goes on. */
export function withoutEnd(settings: TrainSettings): object {
  const { grpo, ...rest } = settings
  const { iterations: _iterations, ...bound } = grpo
  return { ...rest, grpo: bound }
}
