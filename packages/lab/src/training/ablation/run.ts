import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Weights } from 'fusesearch/policies'
import { ALL_TOOLS } from 'fusesearch/search'
import { type Estimate, estimateMean } from '../../evaluation/index.ts'
import type { Metrics } from '../train/metrics.ts'
import { runTraining, type TrainResult } from '../train/run.ts'
import type { TrainSettings } from '../train/settings.ts'
import type { HeldOutScore, TrainRequest } from '../train/training.ts'

/** An ablation: each row is a whole training for each seed, in its own folder, from which it is resumed. */
export interface AblationRequest extends Omit<TrainRequest, 'onProgress'> {
  readonly seeds: readonly number[]
  /** Rows to run; all when left out. */
  readonly rows?: readonly AblationRow[]
  /** Called after each training with the results so far; rows that haven't run are left out. */
  readonly onResults?: (results: readonly AblationResult[]) => void
  readonly onRow?: (row: string, seed: number, progress: { readonly done: number; readonly all: number }) => void
}

/** Means over seeds and held-out samples; differences to the full row, paired by sample, with 95% intervals. */
export interface AblationResult extends Omit<Metrics, 'n' | 'f1'> {
  readonly name: string
  readonly paper: AblationRow['paper']
  readonly seeds: number
  /** Null for the full row itself. */
  readonly against: { readonly fileF1: Estimate; readonly functionF1: Estimate; readonly efficiency: Estimate } | null
}

/** Runs the rows that haven't run and compares all. Throws like `runTraining`. */
export async function runAblation(request: AblationRequest): Promise<readonly AblationResult[]> {
  const rows = request.rows ?? ABLATION_ROWS
  const results = new Map<string, TrainResult[]>()
  const taught = new Map<string, Weights>()
  let done = 0
  // Seed by seed, so that there is soon a table with fewer seeds.
  for (const seed of request.seeds) {
    for (const row of rows) {
      request.onRow?.(row.name, seed, { done, all: rows.length * request.seeds.length })
      const settings = { ...row.change(paperSettings(request.settings)), seed }
      const folder = join(request.folder, `${slug(row.name)}-${seed}`)
      // The last weights: the best ones may be those before training, which say nothing about the row.
      const lesson = phaseOneOf(settings)
      const result = await runTraining({ ...request, settings, folder, keeps: 'last', taught: taught.get(lesson) })
      taught.set(lesson, result.checkpoint.reference ?? result.checkpoint.weights)
      results.set(row.name, [...(results.get(row.name) ?? []), result])
      done += 1
      request.onResults?.(summarizeAll(rows, results))
    }
  }
  return summarizeAll(rows, results)
}

/** As in the paper: no penalty on cost, and advantages are divided by the standard deviation of their group. */
function paperSettings(settings: TrainSettings): TrainSettings {
  const ranking = { ...settings.ranking, again: false }
  return { ...settings, ranking, grpo: { ...settings.grpo, thrift: 0, advantage: 'group' } }
}

/**
 * Names the settings of phase 1. Rows that differ only in the reward or in phase 2 share a phase 1, and the reward of
 * the first of them, the full row, decides whether the fit of the ranking is kept.
 */
function phaseOneOf({ reward: _reward, grpo: _grpo, ...phaseOne }: TrainSettings): string {
  return JSON.stringify(phaseOne)
}

function summarizeAll(
  rows: readonly AblationRow[],
  results: ReadonlyMap<string, readonly TrainResult[]>,
): readonly AblationResult[] {
  const full = results.get(FULL_ROW) ?? []
  const trained = rows.flatMap((row) => {
    const own = results.get(row.name)
    return own === undefined ? [] : [summarize(row, own, full)]
  })
  return full.length === 0 ? trained : [summarize(UNTRAINED, full.map(untrained), full), ...trained]
}

/** The policy that each training of the full row started with. */
const UNTRAINED = { name: 'before training', paper: null }

function untrained(result: TrainResult): TrainResult {
  return { ...result, trained: result.hand, heldOut: { ...result.heldOut, trained: result.heldOut.hand } }
}

function summarize(
  row: Pick<AblationRow, 'name' | 'paper'>,
  results: readonly TrainResult[],
  full: readonly TrainResult[],
): AblationResult {
  const mean = (pick: (result: TrainResult['trained']) => number): number =>
    results.reduce((sum, { trained }) => sum + pick(trained), 0) / Math.max(1, results.length)
  const turns = Math.max(0, ...results.map(({ trained }) => trained.breadth.length))
  const differences = (pick: (score: HeldOutScore) => number | null): Estimate => {
    const [own, other] = [meansBySample(results, pick), meansBySample(full, pick)]
    return estimateMean([...own].flatMap(([sample, value]) => difference(value, other.get(sample))))
  }
  return {
    name: row.name,
    paper: row.paper,
    seeds: results.length,
    fileF1: mean(({ fileF1 }) => fileF1),
    functionF1: mean(({ functionF1 }) => functionF1),
    efficiency: mean(({ efficiency }) => efficiency),
    redundancy: mean(({ redundancy }) => redundancy),
    turns: mean((metrics) => metrics.turns),
    calls: mean(({ calls }) => calls),
    bytes: mean(({ bytes }) => bytes),
    reward: mean(({ reward }) => reward),
    breadth: Array.from({ length: turns }, (_, turn) => mean(({ breadth }) => breadth[turn] ?? 0)),
    against:
      row.name === FULL_ROW || full.length === 0
        ? null
        : {
            fileF1: differences(({ fileF1 }) => fileF1),
            functionF1: differences(({ functionF1 }) => functionF1),
            efficiency: differences(({ efficiency }) => efficiency),
          },
  }
}

/** A sample's mean over the seeds. */
function meansBySample(
  results: readonly TrainResult[],
  pick: (score: HeldOutScore) => number | null,
): ReadonlyMap<number, number> {
  const values = new Map<number, number[]>()
  for (const { heldOut } of results) {
    for (const score of heldOut.trained) {
      const value = pick(score)
      if (value !== null) values.set(score.sample, [...(values.get(score.sample) ?? []), value])
    }
  }
  return new Map([...values].map(([sample, all]) => [sample, all.reduce((sum, one) => sum + one, 0) / all.length]))
}

function difference(value: number, other: number | undefined): number[] {
  return other === undefined ? [] : [value - other]
}

function slug(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return `${plain}-${createHash('sha256').update(name).digest('hex').slice(0, 4)}`
}

/** One configuration of the ablation: what it changes in the settings of a whole training. */
export interface AblationRow {
  readonly name: string
  /** The paper's numbers for it; null when the paper has none. */
  readonly paper: { readonly file: number; readonly function: number; readonly efficiency: number | null } | null
  change(settings: TrainSettings): TrainSettings
}

/** Turns of a policy with one call per turn: about as many calls as six turns of several calls. */
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

/** The row for the paper's method, which the others are compared with. */
export const FULL_ROW = 'parallel, SFT + RL'

/** The ablations of the paper, and the history tool. */
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
