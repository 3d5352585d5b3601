import { probabilities, uncertainty } from './probability.ts'
import type { Search } from './search.ts'

const FILES = 20
const FUNCTIONS = 10

/** How open the question of the right file is, in [0, 1]; 1 while nothing is known. */
export function doubtOfFiles(search: Search): number {
  return uncertainty(probabilities(search.files.slice(0, FILES).map(({ score }) => score)))
}

/** Whether the functions that were read leave a question open, in [0, 1]. */
export function doubtOfFunctions(search: Search): number {
  return uncertainty(probabilities(search.functions.slice(0, FUNCTIONS).map(({ score }) => score)))
}
