import { largestOf } from '../../core/index.ts'

/** Turns scores into probabilities: a softmax whose temperature was set on the training repositories. */
export const SHARPNESS = 0.9

/** Probabilities that sum to 1, in the order of the scores; an empty list for none. */
export function probabilities(scores: readonly number[]): readonly number[] {
  const top = largestOf(scores, Number.NEGATIVE_INFINITY)
  const raised = scores.map((score) => Math.exp(SHARPNESS * (score - top)))
  const sum = raised.reduce((total, value) => total + value, 0)
  return raised.map((value) => value / sum)
}

/** Uncertainty in [0, 1]: entropy of the probabilities over that of ten equal ones; 1 if nothing is known. */
function uncertainty(chances: readonly number[]): number {
  if (chances.length === 0) return 1
  let entropy = 0
  for (const chance of chances) if (chance > 0) entropy -= chance * Math.log(chance)
  return Math.min(1, entropy / Math.log(10))
}

/** The two rankings, from which uncertainty is measured. */
interface Rankings {
  readonly files: readonly { readonly score: number }[]
  readonly functions: readonly { readonly score: number }[]
}

const DOUBTED_FILES = 20
const DOUBTED_FUNCTIONS = 10

/** How uncertain the right file is, in [0, 1]; 1 if nothing is known. */
export function doubtOfFiles({ files }: Rankings): number {
  return uncertainty(probabilities(files.slice(0, DOUBTED_FILES).map(({ score }) => score)))
}

/** How uncertain the right function is among those that were read, in [0, 1]. */
export function doubtOfFunctions({ functions }: Rankings): number {
  return uncertainty(probabilities(functions.slice(0, DOUBTED_FUNCTIONS).map(({ score }) => score)))
}
