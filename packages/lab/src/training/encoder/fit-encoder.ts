import { type EncoderWeights, SHARPNESS } from 'fusesearch/policies'
import { repositoryIdentity } from '../../datasets/index.ts'
import { fitAdded } from '../learn/fit.ts'
import type { SimilarityRanking, SimilaritySample } from './similarity-samples.ts'

/** What the weights are worth with one threshold, over repositories that took no part in the fit. */
export interface DoubtRow {
  readonly doubt: number
  /** Searches that are in doubt. */
  readonly searches: number
  /** Added log-likelihood of the gold files, summed over all searches. */
  readonly gain: number
  /** Searches whose first file became right, less those whose first file became wrong. */
  readonly firstRight: number
}

/** Fitted weights, and what each threshold was worth. */
export interface EncoderFit {
  readonly weights: EncoderWeights
  readonly rows: readonly DoubtRow[]
}

/** Thresholds to choose from; at 1 every search is read. */
const DOUBTS = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1]
/** Parts into which the repositories are divided. */
const FOLDS = 6
/** Searches of a fit at least: fewer say nothing of four weights. */
const MIN_SEARCHES = 20

/**
 * Fits an encoder's weights to searches in doubt. The threshold is the one that adds most likelihood where each sixth of
 * the repositories is judged by a fit to the others; equal ones: the lowest, which reads least. Undefined where too few
 * searches are in doubt, or nothing is gained.
 */
export function fitEncoder(samples: readonly SimilaritySample[]): EncoderFit | undefined {
  const rows = DOUBTS.flatMap((doubt) => {
    const doubted = samples.filter(({ chance }) => chance < doubt)
    return doubted.length < MIN_SEARCHES ? [] : [judge(doubted, doubt)]
  })
  let best: DoubtRow | undefined
  for (const row of rows) if (row.gain > (best?.gain ?? 0)) best = row
  if (best === undefined) return undefined
  const { doubt } = best
  return { weights: { doubt, ...fitTo(samples.filter(({ chance }) => chance < doubt)) }, rows }
}

function fitTo(samples: readonly SimilaritySample[]): Omit<EncoderWeights, 'doubt'> {
  const [own = 0, file = 0] = fitAdded(samples.map(({ functions }) => toSample(functions)))
  return { file: fitToFiles(samples), function: { own, file } }
}

function fitToFiles(samples: readonly SimilaritySample[]): EncoderWeights['file'] {
  const [best = 0, outline = 0] = fitAdded(samples.map(({ files }) => toSample(files)))
  return { best, outline }
}

/** A softmax sharpens the scores, so that the weights are those of scores. */
function toSample({ scores, similarities, isGold }: SimilarityRanking): Parameters<typeof fitAdded>[0][number] {
  return {
    scores: scores.map((score) => SHARPNESS * score),
    features: similarities.map((similarity) => SHARPNESS * similarity),
    isGold,
  }
}

function judge(samples: readonly SimilaritySample[], doubt: number): DoubtRow {
  const repositories = [...new Set(samples.map(({ repo }) => repositoryIdentity(repo)))].sort()
  const foldOf = new Map(repositories.map((repository, index) => [repository, index % FOLDS]))
  let [gain, firstRight] = [0, 0]
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const isOut = ({ repo }: SimilaritySample): boolean => foldOf.get(repositoryIdentity(repo)) === fold
    const file = fitToFiles(samples.filter((sample) => !isOut(sample)))
    for (const { files } of samples.filter(isOut)) {
      const after = reordered(files, file)
      gain += likelihood(after, files.isGold) - likelihood(files.scores, files.isGold)
      firstRight += Number(isFirstRight(after, files.isGold)) - Number(isFirstRight(files.scores, files.isGold))
    }
  }
  return { doubt, searches: samples.length, gain, firstRight }
}

/** The scores of a ranking with an encoder's similarities. */
export function reordered(
  { scores, similarities }: SimilarityRanking,
  file: EncoderWeights['file'],
): readonly number[] {
  return scores.map(
    (score, index) =>
      score + file.best * (similarities[2 * index] ?? 0) + file.outline * (similarities[2 * index + 1] ?? 0),
  )
}

/** Of the gold entries together; 0 for a ranking that has none, or nothing else. */
export function likelihood(scores: readonly number[], isGold: readonly boolean[]): number {
  const top = Math.max(...scores)
  const raised = scores.map((score) => Math.exp(SHARPNESS * (score - top)))
  const all = raised.reduce((sum, value) => sum + value, 0)
  const gold = raised.reduce((sum, value, index) => sum + (isGold[index] === true ? value : 0), 0)
  return gold === 0 || isGold.every(Boolean) ? 0 : Math.log(gold / all)
}

/** True if the best of the entries is gold. */
export function isFirstRight(scores: readonly number[], isGold: readonly boolean[]): boolean {
  return scores.length > 0 && isGold[scores.indexOf(Math.max(...scores))] === true
}
