import { type Encoder, similarity, type Vector } from '../../../encoder/index.ts'
import type { KnownFile } from '../knowledge.ts'
import type { RankedFile } from '../rank-files.ts'
import type { RankedFunction } from '../rank-functions.ts'
import { functionPassage, headPassage, issuePassage } from './passages.ts'

/** Files that are read at most, of the best; the others keep their places. */
export const MAX_FILES = 8
/** Functions that are read at most, of the best. */
export const MAX_FUNCTIONS = 15

/** The two rankings of a search. */
export interface Rankings {
  readonly files: readonly RankedFile[]
  readonly functions: readonly RankedFunction[]
}

/** How near a file is to the issue, in [-1, 1]. */
export interface FileSimilarity {
  readonly ranked: RankedFile
  readonly best: number
  readonly head: number
}

/** How near a function and its file are to the issue, in [-1, 1]. */
export interface FunctionSimilarity {
  readonly ranked: RankedFunction
  readonly own: number
  readonly file: number
}

/** The entries of both rankings that an encoder has read, in their order. */
export interface Similarities {
  readonly files: readonly FileSimilarity[]
  readonly functions: readonly FunctionSimilarity[]
}

/**
 * Reads the best files that the search has read, and the best functions in them. The order of the passages is that of
 * the rankings. Throws what the encoder throws.
 */
export async function measureSimilarities(
  { files, functions }: Rankings,
  { issue, encoder }: { readonly issue: string; readonly encoder: Pick<Encoder, 'vectors'> },
  signal: AbortSignal,
): Promise<Similarities> {
  const read = files.slice(0, MAX_FILES).filter(({ file }) => file.read !== undefined)
  const known = new Set(read.map(({ file }) => file))
  const inside = functions.slice(0, MAX_FUNCTIONS).filter(({ file }) => known.has(file))
  const texts = [issuePassage(issue), ...read.map(({ file }) => headPassage(file)), ...inside.map(functionPassage)]
  const [asked, ...vectors] = await encoder.vectors(texts, signal)
  const near = (vector: Vector | undefined): number =>
    asked === undefined || vector === undefined ? 0 : similarity(asked, vector)
  const heads = vectors.slice(0, read.length).map(near)
  const owns = vectors.slice(read.length).map(near)
  const best = new Map<KnownFile, number>(read.map(({ file }, index) => [file, heads[index] ?? 0]))
  const ofFunctions = new Map<KnownFile, number>()
  for (const [index, { file }] of inside.entries()) {
    ofFunctions.set(file, Math.max(ofFunctions.get(file) ?? -1, owns[index] ?? 0))
  }
  // A file without functions has its head for the best that it says.
  const bestOf = (file: KnownFile): number => ofFunctions.get(file) ?? best.get(file) ?? 0
  return {
    files: read.map((ranked, index) => ({ ranked, best: bestOf(ranked.file), head: heads[index] ?? 0 })),
    functions: inside.map((ranked, index) => ({ ranked, own: owns[index] ?? 0, file: bestOf(ranked.file) })),
  }
}
