import { type Command, Option } from 'commander'
import { TOOLS_HELP, toolNames, weight, wholeNumber } from 'fusesearch/cli'
import type { ToolName } from 'fusesearch/search'
import { DEFAULT_SETTINGS, type RewardSettings, type TrainSettings } from '../../training/index.ts'

/** Flags for the amount of training. */
export interface PhaseFlags {
  readonly rollouts: number
  readonly group: number
  readonly iterations: number
  readonly samplesPerIteration: number
}

/** Flags for the way in which a policy is trained. */
export interface TrainFlags extends PhaseFlags {
  readonly seed: number
  readonly tools: readonly (readonly ToolName[])[]
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly reward: keyof typeof REWARDS
  readonly filter: keyof typeof FILTERS
  readonly gamma: number
  readonly advantage: 'group' | 'update'
  readonly thrift: number
}

const { sft, grpo, maxTurns, maxBreadth, seed } = DEFAULT_SETTINGS

/** The rewards of the paper's ablation (arXiv 2601.19568), as weights of F1, F1·e and e. */
export const REWARDS = {
  f1: { alpha: 1, gamma: 0, delta: 0 },
  'f1+e': { alpha: 1, gamma: 0, delta: 1 },
  'f1+f1e': { alpha: 1, gamma: 1, delta: 0 },
} as const

/** The paper's filters of phase 1. */
const FILTERS = {
  none: { minF1: 0, minEfficiency: 0 },
  f1: { minF1: sft.filter.minF1, minEfficiency: 0 },
  e: { minF1: 0, minEfficiency: sft.filter.minEfficiency },
  joint: sft.filter,
} as const

const CHOICES = {
  '--reward <of>': 'reward that phase 2 maximises',
  '--filter <by>': 'filter of the trajectories of phase 1',
  '--advantage <over>': 'advantages are divided by the standard deviation of this',
} as const

/** The default amount of training. */
export const PLAYED: PhaseFlags = {
  rollouts: sft.rollouts,
  group: grpo.groupSize,
  iterations: grpo.iterations,
  samplesPerIteration: grpo.samplesPerIteration,
}

/** Adds {@link PhaseFlags}; without defaults, flags that aren't given stay undefined. */
export function addPhaseOptions(command: Command, defaults: Partial<PhaseFlags>): Command {
  const { rollouts, group, iterations, samplesPerIteration } = defaults
  return command
    .option('--rollouts <n>', "teacher's rollouts per sample in phase 1", wholeNumber(1), rollouts)
    .option('--group <n>', 'rollouts per group in phase 2', wholeNumber(2), group)
    .option(
      '--iterations <n>',
      'maximum number of updates in phase 2; 0 ends after phase 1',
      wholeNumber(0),
      iterations,
    )
    .option('--samples-per-iteration <n>', 'samples per update', wholeNumber(1), samplesPerIteration)
}

/** Adds the flags that {@link trainSettings} reads. */
export function addTrainingOptions(command: Command): Command {
  return addPhaseOptions(command, PLAYED)
    .option('--seed <n>', 'random seed', wholeNumber(0), seed)
    .addOption(choice('--advantage <over>', ['group', 'update']).default(grpo.advantage))
    .option('--gamma <weight>', 'weight of F1·e in the reward f1+f1e', weight, REWARDS['f1+f1e'].gamma)
    .option(
      '--thrift <rate>',
      "how fast the penalty on cost beyond the teacher's grows in phase 2; 0: no penalty",
      weight,
      grpo.thrift,
    )
    .addOption(toolsOption())
    .option('--max-turns <n>', 'maximum number of turns, answer included', wholeNumber(2), maxTurns)
    .option(
      '--max-breadth <n>',
      'maximum number of calls per turn; 1 trains a sequential policy',
      wholeNumber(1),
      maxBreadth,
    )
    .addOption(choice('--reward <of>', Object.keys(REWARDS)).default('f1+f1e'))
    .addOption(choice('--filter <by>', Object.keys(FILTERS)).default('joint'))
}

function toolsOption(): Option {
  const about = `${TOOLS_HELP}; given twice, the groups alternate`
  return new Option('--tools <names>', about).argParser(addToolSet).default([], 'the first three')
}

function addToolSet(value: string, sets: readonly (readonly ToolName[])[]): readonly (readonly ToolName[])[] {
  return [...sets, toolNames(value)]
}

function choice(flag: keyof typeof CHOICES, among: readonly string[]): Option {
  return new Option(flag, CHOICES[flag]).choices(among)
}

/** The settings from the flags, with defaults for the rest. */
export function trainSettings(flags: TrainFlags): TrainSettings {
  return playing(flags, {
    ...DEFAULT_SETTINGS,
    seed: flags.seed,
    toolSets: flags.tools.length === 0 ? DEFAULT_SETTINGS.toolSets : flags.tools,
    maxTurns: flags.maxTurns,
    maxBreadth: flags.maxBreadth,
    reward: { ...DEFAULT_SETTINGS.reward, ...rewardWeights(flags) },
    sft: { ...sft, filter: FILTERS[flags.filter] },
    grpo: { ...grpo, thrift: flags.thrift, advantage: flags.advantage },
  })
}

function rewardWeights({ reward, gamma }: TrainFlags): Partial<RewardSettings> {
  return reward === 'f1+f1e' ? { ...REWARDS[reward], gamma } : REWARDS[reward]
}

/** The settings with the amount of training from the flags. */
export function playing(flags: PhaseFlags, settings: TrainSettings): TrainSettings {
  const { rollouts, group: groupSize, iterations, samplesPerIteration } = flags
  return {
    ...settings,
    sft: { ...settings.sft, rollouts },
    grpo: { ...settings.grpo, groupSize, iterations, samplesPerIteration },
  }
}
