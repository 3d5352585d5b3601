import { join } from 'node:path'
import type { Encoder } from '../../encoder/index.ts'
import { encoderWeightsFor, type Reader, type Weights } from '../../policies/index.ts'
import { cacheFolder } from '../../programs/index.ts'

export const ENCODER_HELP =
  'order what is in doubt anew by a pretrained encoder: minilm, bge-small or an ONNX file (docs/encoder.md)'

/** Where an encoder and its packages are looked for. */
export interface EncoderPlace {
  readonly env: NodeJS.ProcessEnv
  /** The folder that a relative path of a model starts from. */
  readonly cwd: string
}

/**
 * The encoder of `--encoder`; undefined without the flag. Its vectors are kept in the cache folder, unless not wanted.
 * Throws `model-missing`, before any search, if a part is missing.
 */
export async function openEncoderOf(
  name: string | undefined,
  { env, cwd }: EncoderPlace,
  { isKept = true }: { readonly isKept?: boolean } = {},
): Promise<Encoder | undefined> {
  if (name === undefined) return undefined
  // Loaded late: nobody waits for what few use.
  const { encoderFiles, findEngine, openEncoder } = await import('../../encoder/index.ts')
  const cacheDir = cacheFolder(env)
  const files = encoderFiles(name, { cacheDir, cwd })
  const engineFolder = engineFolderIn(cacheDir)
  findEngine({ engineFolder })
  return openEncoder({ files, engineFolder, ...(isKept ? { cacheDir } : {}) })
}

/** An encoder with its weights; those of `weights` where a training fitted them. */
export function readerOf(encoder: Encoder | undefined, weights?: Weights): Reader | undefined {
  return encoder && { encoder, weights: encoderWeightsFor(encoder, weights?.encoder) }
}

/** The folder that packages of models are installed into, in a cache folder. */
export function engineFolderIn(cacheDir: string): string {
  return join(cacheDir, 'engine')
}
