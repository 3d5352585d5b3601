import type { GoldSets } from '../../evaluation/index.ts'
import type { Rankings } from '../../policies/index.ts'
import { type Loss, meanOver } from './clone.ts'

/** One ranking to learn from: the features of its entries, and which of them are gold. */
export interface RankingSample {
  /** Entries × features, row by row. */
  readonly features: Float32Array
  readonly isGold: Uint8Array
}

/** Entries that are learned from: what lies deeper never reaches an answer. */
const MAX_FILES = 40
const MAX_FUNCTIONS = 80

/** The rankings of a rollout as numbers, in the order of the weights' names. */
export function rankingSamples(
  rankings: Rankings,
  { gold, names }: { gold: GoldSets; names: { files: readonly string[]; functions: readonly string[] } },
): { files: RankingSample; functions: RankingSample } {
  const functions = new Set(gold.functions.map(({ path, name }) => `${path}\0${name}`))
  const files = rankings.files.slice(0, MAX_FILES)
  const ranked = rankings.functions.slice(0, MAX_FUNCTIONS)
  return {
    files: sampleOf(files, names.files, ({ file }) => gold.files.includes(file.path)),
    functions: sampleOf(ranked, names.functions, ({ file, definition }) =>
      functions.has(`${file.path}\0${definition.name}`),
    ),
  }
}

function sampleOf<Entry extends { readonly features: Readonly<Record<string, number>> }>(
  entries: readonly Entry[],
  names: readonly string[],
  isGold: (entry: Entry) => boolean,
): RankingSample {
  return {
    features: Float32Array.from(entries.flatMap(({ features }) => names.map((name) => features[name] ?? 0))),
    isGold: Uint8Array.from(entries, (entry) => (isGold(entry) ? 1 : 0)),
  }
}

/**
 * Listwise loss: minus the log of the chance that a softmax over the scores gives to the gold entries together,
 * plus `shrink / 2` times the squared distance from the anchor, the hand weights (FINDINGS: without it, learning
 * from a few hundred issues is worse than no learning). Rankings without gold, or of gold alone, teach nothing.
 */
export function rankingLoss(
  weights: Float64Array,
  samples: readonly RankingSample[],
  { anchor, shrink }: { readonly anchor: Float64Array; readonly shrink: number },
): Loss {
  const gradient = new Float64Array(weights.length)
  let loss = 0
  let count = 0
  for (const sample of samples) {
    const gold = sample.isGold.reduce((sum, flag) => sum + flag, 0)
    if (gold === 0 || gold === sample.isGold.length) continue
    loss += addRanking(weights, sample, gradient)
    count += 1
  }
  const mean = meanOver(count, loss, gradient)
  let penalty = 0
  for (let index = 0; index < weights.length; index += 1) {
    const away = (weights[index] ?? 0) - (anchor[index] ?? 0)
    penalty += (shrink / 2) * away * away
    mean.gradient[index] = (mean.gradient[index] ?? 0) + shrink * away
  }
  return { loss: mean.loss + penalty, gradient: mean.gradient }
}

function addRanking(weights: Float64Array, { features, isGold }: RankingSample, gradient: Float64Array): number {
  const width = weights.length
  const scores = Array.from(isGold, (_, entry) => dotAt(weights, features, entry * width))
  const top = Math.max(...scores)
  const raised = scores.map((score) => Math.exp(score - top))
  let [all, gold] = [0, 0]
  for (const [entry, value] of raised.entries()) {
    all += value
    if (isGold[entry] === 1) gold += value
  }
  for (const [entry, value] of raised.entries()) {
    const weight = value / all - (isGold[entry] === 1 ? value / gold : 0)
    for (let index = 0; index < width; index += 1) {
      gradient[index] = (gradient[index] ?? 0) + weight * (features[entry * width + index] ?? 0)
    }
  }
  return Math.log(all / gold)
}

function dotAt(weights: Float64Array, features: Float32Array, offset: number): number {
  let sum = 0
  for (let index = 0; index < weights.length; index += 1) sum += (weights[index] ?? 0) * (features[offset + index] ?? 0)
  return sum
}
