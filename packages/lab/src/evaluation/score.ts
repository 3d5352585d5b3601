import type { Answer } from 'fusesearch/agent'

/** A function's identity: its file and its qualified name, without its lines. */
export interface FunctionId {
  readonly path: string
  readonly name: string
}

/** The part of the gold that scoring needs. */
export interface GoldSets {
  readonly files: readonly string[]
  readonly functions: readonly FunctionId[]
}

/** An answer of any system: the committed sets, and the ranking behind them (best first). */
export interface Prediction extends GoldSets {
  readonly ranking: GoldSets
}

/** Precision, recall and F1 of two sets, in [0, 1]. */
export interface SetScore {
  readonly precision: number
  readonly recall: number
  readonly f1: number
}

/** One level's score: sets on the committed answer, Acc@k on the ranking (1 or 0 for an instance). */
export interface LevelScore extends SetScore {
  readonly accAt1: number
  readonly accAt3: number
  readonly accAt5: number
}

/** A score; a level without gold is null and left out of every mean. */
export interface Score {
  readonly file: LevelScore | null
  readonly function: LevelScore | null
}

/** The prediction of a system without an answer; a failed instance counts like this. */
export const EMPTY_PREDICTION: Prediction = { files: [], functions: [], ranking: { files: [], functions: [] } }

/**
 * The only definition of a correct answer: precision, recall and F1 of the committed files and functions, and
 * LocAgent's Acc@k of the ranking. Training's reward uses it, too.
 */
export function scoreAnswer(answer: Answer, gold: GoldSets): Score {
  return scorePrediction(predictionOf(answer), gold)
}

/** {@link scoreAnswer} for the answer of any system. */
export function scorePrediction(prediction: Prediction, gold: GoldSets): Score {
  const { ranking } = prediction
  return {
    file: scoreLevel({ answered: prediction.files, ranked: ranking.files, gold: gold.files }),
    function: scoreLevel({
      answered: prediction.functions.map(functionKey),
      ranked: ranking.functions.map(functionKey),
      gold: gold.functions.map(functionKey),
    }),
  }
}

/** The sets and the ranking of a policy's answer. */
export function predictionOf(answer: Answer): Prediction {
  return {
    files: answer.files.map((file) => file.path),
    functions: answer.files.flatMap((file) => file.functions.map(({ name }) => ({ path: file.path, name }))),
    ranking: {
      files: answer.candidates.files.map((file) => file.path),
      functions: answer.candidates.functions.map(({ path, name }) => ({ path, name })),
    },
  }
}

/** Precision, recall and F1 of two sets; all 0 where `answered` is empty. Repeated entries count once. */
export function scoreSets(answered: readonly string[], gold: readonly string[]): SetScore {
  const given = new Set(answered)
  const wanted = new Set(gold)
  const hits = [...given].filter((entry) => wanted.has(entry)).length
  if (hits === 0) return { precision: 0, recall: 0, f1: 0 }
  return { precision: hits / given.size, recall: hits / wanted.size, f1: (2 * hits) / (given.size + wanted.size) }
}

/**
 * LocAgent's Acc@k: 1 if the first k of the ranking have as many gold entries as possible, min(k, |gold|),
 * else 0. So Acc@1 is "the first is right", regardless of the number of gold entries.
 */
export function accuracyAt(ranked: readonly string[], gold: readonly string[], k: number): number {
  const wanted = new Set(gold)
  const first = [...new Set(ranked)].slice(0, k)
  return first.filter((entry) => wanted.has(entry)).length === Math.min(k, wanted.size) ? 1 : 0
}

interface Level {
  readonly answered: readonly string[]
  readonly ranked: readonly string[]
  readonly gold: readonly string[]
}

function scoreLevel({ answered, ranked, gold }: Level): LevelScore | null {
  if (gold.length === 0) return null
  return {
    ...scoreSets(answered, gold),
    accAt1: accuracyAt(ranked, gold, 1),
    accAt3: accuracyAt(ranked, gold, 3),
    accAt5: accuracyAt(ranked, gold, 5),
  }
}

function functionKey({ path, name }: FunctionId): string {
  return `${path}\n${name}`
}
