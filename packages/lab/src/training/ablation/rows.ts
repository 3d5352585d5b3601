import { ALL_TOOLS } from 'fusesearch/search'
import type { TrainSettings } from '../train/settings.ts'

/** One configuration of the ablation: what it changes in the settings of a whole training. */
export interface AblationRow {
  readonly name: string
  /** The paper's name for it, with its file and function F1 there; null where the paper has none. */
  readonly paper: { readonly file: number; readonly function: number; readonly efficiency: number | null } | null
  change(settings: TrainSettings): TrainSettings
}

/** Turns that a policy of one call a turn may take: about as many calls as six turns of several. */
const SEQUENTIAL_TURNS = 20

const sftOnly = (settings: TrainSettings): TrainSettings => ({ ...settings, grpo: { ...settings.grpo, iterations: 0 } })

function filtered(settings: TrainSettings, keeps: { f1: boolean; e: boolean }): TrainSettings {
  const { minF1, minEfficiency } = settings.sft.filter
  const filter = { minF1: keeps.f1 ? minF1 : 0, minEfficiency: keeps.e ? minEfficiency : 0 }
  return sftOnly({ ...settings, sft: { ...settings.sft, filter } })
}

function rewarded(settings: TrainSettings, reward: { gamma: number; delta: number }): TrainSettings {
  return { ...settings, reward: { ...settings.reward, ...reward } }
}

/** The row that the others are compared with: the paper's method. */
export const FULL_ROW = 'parallel, SFT + RL'

/** The paper's ablations (SPEC §6), and the history tool. */
export const ABLATION_ROWS: readonly AblationRow[] = [
  {
    name: FULL_ROW,
    paper: { file: 84.65, function: 56.43, efficiency: 69 },
    change: (settings) => settings,
  },
  {
    name: 'sequential, SFT + RL',
    paper: { file: 78.82, function: 50.21, efficiency: null },
    change: (settings) => ({ ...settings, maxBreadth: 1, maxTurns: SEQUENTIAL_TURNS }),
  },
  { name: 'SFT only, joint filter', paper: { file: 78.86, function: 47.94, efficiency: 62.03 }, change: sftOnly },
  {
    name: 'SFT only, no filter',
    paper: { file: 75.44, function: 43.52, efficiency: 55.77 },
    change: (settings) => filtered(settings, { f1: false, e: false }),
  },
  {
    name: 'SFT only, filter by F1',
    paper: null,
    change: (settings) => filtered(settings, { f1: true, e: false }),
  },
  {
    name: 'SFT only, filter by e',
    paper: null,
    change: (settings) => filtered(settings, { f1: false, e: true }),
  },
  {
    name: 'reward F1',
    paper: { file: 81.84, function: 54.9, efficiency: null },
    change: (settings) => rewarded(settings, { gamma: 0, delta: 0 }),
  },
  {
    name: 'reward F1 + e',
    paper: { file: 79.22, function: 51.98, efficiency: null },
    change: (settings) => rewarded(settings, { gamma: 0, delta: 1 }),
  },
  { name: 'with history', paper: null, change: (settings) => ({ ...settings, toolSets: [ALL_TOOLS] }) },
]
