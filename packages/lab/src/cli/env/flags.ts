import { type Command, Option } from 'commander'
import { DEFAULT_MAX_BREADTH, DEFAULT_MAX_TURNS } from 'fusesearch/agent'
import { breadth, share, TOOLS_HELP, toolNames, weight, wholeNumber } from 'fusesearch/cli'
import { PAPER_TOOLS, type ToolName } from 'fusesearch/search'
import type { EpisodeSettings } from '../../environment/index.ts'
import { DEFAULT_REWARD } from '../../training/index.ts'
import { REWARDS } from '../train/flags.ts'

/** Flags that say what an episode is. */
export interface EpisodeFlags {
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly breadth: 'adaptive' | number
  readonly tools: readonly ToolName[]
  readonly reward: keyof typeof REWARDS
  readonly alpha?: number
  readonly gamma?: number
  readonly fileShare: number
}

/** Adds {@link EpisodeFlags}. */
export function addEpisodeFlags(command: Command): Command {
  return command
    .option('--max-turns <n>', 'turns at most, the answer included', wholeNumber(1), DEFAULT_MAX_TURNS)
    .option('--max-breadth <n>', 'calls a turn at most', wholeNumber(1), DEFAULT_MAX_BREADTH)
    .option('--breadth <n>', 'the prompt: adaptive, or of a model bound to N calls a turn', breadth, 'adaptive')
    .option('--tools <names>', TOOLS_HELP, toolNames, PAPER_TOOLS)
    .addOption(new Option('--reward <of>', 'what is rewarded').choices(Object.keys(REWARDS)).default('f1+f1e'))
    .option('--alpha <weight>', 'weight of F1 in the reward (default: as --reward has it)', weight)
    .option('--gamma <weight>', 'weight of F1 times e in the reward (default: as --reward has it)', weight)
    .option('--file-share <share>', 'weight of file F1 in F1', share, DEFAULT_REWARD.fileShare)
}

/** The settings that the flags ask for. */
export function episodeSettings(flags: EpisodeFlags): EpisodeSettings {
  const { maxTurns, maxBreadth, tools, reward, fileShare } = flags
  const { alpha = REWARDS[reward].alpha, gamma = REWARDS[reward].gamma } = flags
  const rewards = { ...DEFAULT_REWARD, ...REWARDS[reward], alpha, gamma, fileShare }
  return { maxTurns, maxBreadth, breadth: flags.breadth, tools, reward: rewards }
}
