import { type Command, Option } from 'commander'
import type { ToolName } from '../../tools/index.ts'
import { DEFAULT_SETTINGS, type TrainSettings } from '../../training/index.ts'
import type { DatasetFlags } from '../evaluation/repositories.ts'
import { TOOLS_HELP, toolNames, wholeNumber } from '../options.ts'

/** Flags that say how a policy is trained. */
export interface TrainingFlags {
  readonly seed: number
  readonly tools: readonly (readonly ToolName[])[]
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly reward: keyof typeof REWARDS
  readonly filter: keyof typeof FILTERS
  readonly rollouts: number
  readonly group: number
  readonly iterations: number
  readonly samplesPerIteration: number
}

/** Flags of every command that trains. */
export type TrainFlags = DatasetFlags & TrainingFlags

const { sft, grpo, maxTurns, maxBreadth, seed } = DEFAULT_SETTINGS

/** The paper's rewards (SPEC §6, its ablation), as weights of F1, F1·e and e. */
export const REWARDS = {
  f1: { alpha: 1, gamma: 0, delta: 0 },
  'f1+e': { alpha: 1, gamma: 0, delta: 1 },
  'f1+f1e': { alpha: 1, gamma: 1, delta: 0 },
} as const

/** The paper's filters of phase 1. */
export const FILTERS = {
  none: { minF1: 0, minEfficiency: 0 },
  f1: { minF1: sft.filter.minF1, minEfficiency: 0 },
  e: { minF1: 0, minEfficiency: sft.filter.minEfficiency },
  joint: sft.filter,
} as const

const CHOICES = {
  '--reward <of>': 'what phase 2 maximises',
  '--filter <by>': 'trajectories that phase 1 learns from',
} as const

/** Adds what {@link trainSettings} reads. */
export function addTrainingOptions(command: Command): Command {
  return command
    .option('--seed <n>', 'seed of everything that is drawn', wholeNumber(0), seed)
    .option('--tools <names>', `${TOOLS_HELP}; given twice, the groups take turns`, addToolSet, [])
    .option('--max-turns <n>', 'turns at most, the answer included', wholeNumber(2), maxTurns)
    .option('--max-breadth <n>', 'calls a turn at most; 1 trains a sequential policy', wholeNumber(1), maxBreadth)
    .addOption(choice('--reward <of>', REWARDS).default('f1+f1e'))
    .addOption(choice('--filter <by>', FILTERS).default('joint'))
    .option('--rollouts <n>', "teacher's rollouts per sample in phase 1", wholeNumber(1), sft.rollouts)
    .option('--group <n>', 'rollouts of a group in phase 2', wholeNumber(2), grpo.groupSize)
    .option('--iterations <n>', 'updates of phase 2 at most; 0 ends after phase 1', wholeNumber(0), grpo.iterations)
    .option('--samples-per-iteration <n>', 'samples of an update', wholeNumber(1), grpo.samplesPerIteration)
}

function addToolSet(value: string, sets: readonly (readonly ToolName[])[]): readonly (readonly ToolName[])[] {
  return [...sets, toolNames(value)]
}

function choice(flag: keyof typeof CHOICES, among: object): Option {
  return new Option(flag, CHOICES[flag]).choices(Object.keys(among))
}

/** The settings that the flags ask for; the rest is the default. */
export function trainSettings(flags: TrainingFlags): TrainSettings {
  const { group, iterations, samplesPerIteration, rollouts } = flags
  return {
    ...DEFAULT_SETTINGS,
    seed: flags.seed,
    toolSets: flags.tools.length === 0 ? DEFAULT_SETTINGS.toolSets : flags.tools,
    maxTurns: flags.maxTurns,
    maxBreadth: flags.maxBreadth,
    reward: { ...DEFAULT_SETTINGS.reward, ...REWARDS[flags.reward] },
    sft: { ...sft, rollouts, filter: FILTERS[flags.filter] },
    grpo: { ...grpo, groupSize: group, iterations, samplesPerIteration },
  }
}
