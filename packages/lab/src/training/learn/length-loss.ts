import { type AnswerChain, type AnswerChains, OWN_WIDTH, STATE_WIDTH } from 'fusesearch/policies'
import { type GoldSets, scorePrediction } from '../../evaluation/index.ts'
import { type Loss, meanOver } from './choice-loss.ts'

/** An answer of one level, which could have several lengths. */
export interface LengthSample {
  readonly state: Float32Array
  /** Own features of each entry after the first, row by row. */
  readonly own: Float32Array
  /** F1 of the answer of one entry, of two and so on; empty without gold or entries. */
  readonly f1: Float32Array
}

/** The chains of a rollout as plain numbers. */
export function lengthSamples(
  { files, functions }: AnswerChains,
  gold: GoldSets,
): { files: LengthSample; functions: LengthSample } {
  const paths = files.entries.map(({ ranked }) => ranked.file.path)
  const named = functions.entries.map(({ ranked }) => ({ path: ranked.file.path, name: ranked.definition.name }))
  const scoreOf = (prediction: { files: string[]; functions: typeof named }): ReturnType<typeof scorePrediction> =>
    scorePrediction({ ...prediction, ranking: prediction }, gold)
  return {
    files: sampleOf(files, (length) => scoreOf({ files: paths.slice(0, length), functions: [] }).file?.f1),
    functions: sampleOf(
      functions,
      (length) => scoreOf({ files: paths, functions: named.slice(0, length) }).function?.f1,
    ),
  }
}

function sampleOf<Ranked>(
  { state, entries, options }: AnswerChain<Ranked>,
  f1Of: (length: number) => number | undefined,
): LengthSample {
  const f1 = entries.map((_, index) => f1Of(index + 1))
  return {
    state: Float32Array.from(state),
    own: Float32Array.from(options.flatMap(({ own }) => own)),
    f1: Float32Array.from(f1.includes(undefined) ? [] : f1.map((value) => value ?? 0)),
  }
}

/** Parameters of the two options: adding an entry, and adding none. */
export interface LengthParameters {
  /** State parameters, then own ones, of adding an entry. */
  readonly add: Float64Array
  /** State parameters of adding none. */
  readonly none: readonly number[]
}

/**
 * Minus the expected F1 of answers whose entries are added one by one until one isn't, each with the probability
 * `p = 1 / (1 + exp(none - add))` that the strategy gives it. It is exact: with `r_k = p_2 ⋯ p_k`, the probability that
 * the answer has at least `k` entries, it is `F1_1 + Σ r_k·(F1_k - F1_{k-1})`. The gradient is that of `add`.
 */
export function lengthLoss({ add, none }: LengthParameters, samples: readonly LengthSample[]): Loss {
  const gradient = new Float64Array(add.length)
  let loss = 0
  let count = 0
  for (const sample of samples) {
    if (sample.f1.length === 0) continue
    loss -= addSample({ add, none }, sample, gradient)
    count += 1
  }
  return meanOver(count, loss, gradient)
}

function addSample(parameters: LengthParameters, sample: LengthSample, gradient: Float64Array): number {
  const { state, own, f1 } = sample
  const further = f1.length - 1
  const probabilities = Array.from({ length: further }, (_, index) => probabilityOf(parameters, sample, index))
  const gains: number[] = []
  let reached = 1
  for (const [index, probability] of probabilities.entries()) {
    reached *= probability
    gains.push(reached * ((f1[index + 1] ?? 0) - (f1[index] ?? 0)))
  }
  let after = 0
  for (let index = further - 1; index >= 0; index -= 1) {
    after += gains[index] ?? 0
    const slope = -(1 - (probabilities[index] ?? 0)) * after
    for (let at = 0; at < STATE_WIDTH; at += 1) gradient[at] = (gradient[at] ?? 0) + slope * (state[at] ?? 0)
    for (let at = 0; at < OWN_WIDTH; at += 1) {
      gradient[STATE_WIDTH + at] = (gradient[STATE_WIDTH + at] ?? 0) + slope * (own[index * OWN_WIDTH + at] ?? 0)
    }
  }
  return (f1[0] ?? 0) + gains.reduce((sum, gain) => sum + gain, 0)
}

function probabilityOf({ add, none }: LengthParameters, { state, own }: LengthSample, index: number): number {
  let score = 0
  for (let at = 0; at < STATE_WIDTH; at += 1) score += ((add[at] ?? 0) - (none[at] ?? 0)) * (state[at] ?? 0)
  for (let at = 0; at < OWN_WIDTH; at += 1) score += (add[STATE_WIDTH + at] ?? 0) * (own[index * OWN_WIDTH + at] ?? 0)
  return 1 / (1 + Math.exp(-score))
}
