import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import { parseWeights, type Weights } from '../policies/index.ts'
import { asksModel, HAND_WEIGHTED } from './policy.ts'

export const WEIGHTS_HELP = 'weights.json of a training, instead of the shipped weights'

/** The weights of `--weights FILE`. Throws `bad-argument` if the file can't be read or has none. */
export async function readWeights(file: string | undefined, cwd: string): Promise<Weights | undefined> {
  if (file === undefined) return undefined
  const text = await readFile(resolve(cwd, file), 'utf8').catch((cause: unknown) => {
    const message = `The weights file ${file} can't be read. Name the weights.json of a training.`
    throw new FuseSearchError(message, { code: 'bad-argument', cause })
  })
  return parseWeights(text, file)
}

/** Throws `bad-argument` for `--weights` if no policy uses them. */
export function refuseIdleWeights(file: string | undefined, policies: readonly string[]): void {
  if (file === undefined || policies.some(takesWeights)) return
  const message = `The policy ${policies.join(', ')} doesn't use --weights. Leave it out, or add --policy embedded.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

function takesWeights(policy: string): boolean {
  return !asksModel(policy) && policy !== HAND_WEIGHTED && !policy.startsWith('bm25')
}
