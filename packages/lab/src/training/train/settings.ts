import { PAPER_TOOLS, type ToolName } from 'fusesearch/search'
import type { GrpoSettings } from '../learn/choice-loss.ts'
import { DEFAULT_REWARD, type RewardSettings } from '../rollout/reward.ts'

/** Which trajectories phase 1 learns from (paper §3.2, which doesn't give thresholds). */
export interface TrajectoryFilter {
  /** Minimum F1; 0 accepts all. */
  readonly minF1: number
  /** Minimum e; 0 accepts all. */
  readonly minEfficiency: number
}

/** Everything that a training depends on besides its samples; plain data, kept in the checkpoint. */
export interface TrainSettings {
  readonly seed: number
  /** Tools of the searches: one list, or several between which the groups alternate. */
  readonly toolSets: readonly (readonly ToolName[])[]
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly reward: RewardSettings
  readonly ranking: {
    /** Penalty for leaving the weights that the fit starts from, divided by the number of rankings. */
    readonly prior: number
    readonly steps: number
    /** Fit the answers again after phase 2, from searches with the learned strategy. */
    readonly again: boolean
  }
  readonly sft: {
    /** Rollouts of the teacher for each sample. */
    readonly rollouts: number
    readonly temperature: number
    readonly filter: TrajectoryFilter
    readonly epochs: number
    readonly learningRate: number
  }
  readonly grpo: GrpoSettings & {
    /** Maximum number of updates; 0 leaves phase 2 out. */
    readonly iterations: number
    readonly samplesPerIteration: number
    readonly groupSize: number
    /** Passes over the choices of an update. */
    readonly passes: number
    readonly learningRate: number
    /**
     * Advantages are divided by the standard deviation of the rewards of their group, as in the paper, or of the
     * update.
     */
    readonly advantage: 'group' | 'update'
    /**
     * How fast the penalty on cost rises while calls and bytes exceed the teacher's; 0 for no penalty, as in the paper.
     */
    readonly thrift: number
    /** Validate after this many updates. */
    readonly validateEvery: number
    /** End the phase after this many validations in a row without better weights. */
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

/** The settings that a checkpoint is bound to: all except the number of updates, so that a training can be extended. */
export function withoutEnd(settings: TrainSettings): object {
  const { grpo, ...rest } = settings
  const { iterations: _iterations, ...bound } = grpo
  return { ...rest, grpo: bound }
}
