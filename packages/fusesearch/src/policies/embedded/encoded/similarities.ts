import { type Encoder, similarity, type Vector } from '../../../encoder/index.ts'
import type { KnownFile } from '../knowledge.ts'
import { probabilities } from '../probability.ts'
import type { RankedFile } from '../rank-files.ts'
import type { ParsedFile, RankedFunction } from '../rank-functions.ts'
import { functionPassage, issuePassage, outlinePassage } from './passages.ts'

/** Number of best files that are read; the others keep their scores. */
export const MAX_FILES = 8
/** Number of best functions that are read. */
export const MAX_FUNCTIONS = 8

/** The two rankings of a search. */
export interface Rankings {
  readonly files: readonly RankedFile[]
  readonly functions: readonly RankedFunction[]
  /** The files whose functions are known. */
  readonly parsed: readonly ParsedFile[]
}

/** Files among which the first one's chance is computed. */
export const DOUBTED_FILES = 10

/** The chance of the best file among the best ten; undefined without files. */
export function firstChance(files: readonly RankedFile[]): number | undefined {
  return probabilities(files.slice(0, DOUBTED_FILES).map(({ score }) => score))[0]
}

/** How near a file is to the issue, in [-1, 1]. */
export interface FileSimilarity {
  readonly ranked: RankedFile
  /** The most similar of its functions that were read. */
  readonly best: number
  readonly outline: number
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

/** An entry of a ranking with the text that an encoder reads of it. */
export interface Passage<Ranked> {
  readonly ranked: Ranked
  readonly text: string
}

/** What an encoder reads of two rankings, in their order. */
export interface Passages {
  readonly files: readonly Passage<RankedFile>[]
  readonly functions: readonly Passage<RankedFunction>[]
}

/** The passages of the files that the search has read, and of the functions in them. */
export function passagesOf({ files, functions, parsed }: Rankings): Passages {
  const read = files.filter(({ file }) => file.read !== undefined)
  const known = new Set(read.map(({ file }) => file))
  const inside = functions.filter(({ file }) => known.has(file))
  return {
    files: read.map((ranked) => ({ ranked, text: outlinePassage(ranked.file, namesIn(ranked.file, parsed)) })),
    functions: inside.map((ranked) => ({ ranked, text: functionPassage(ranked) })),
  }
}

/**
 * Reads the best files that the search has read, and the best functions in them. The order of the passages is that of
 * the rankings. Throws what the encoder throws.
 */
export async function measureSimilarities(
  { files, functions, parsed }: Rankings,
  { issue, encoder }: { readonly issue: string; readonly encoder: Pick<Encoder, 'vectors'> },
  signal: AbortSignal,
): Promise<Similarities> {
  const first = passagesOf({ files: files.slice(0, MAX_FILES), functions: functions.slice(0, MAX_FUNCTIONS), parsed })
  const [read, inside] = [first.files, first.functions]
  const texts = [issuePassage(issue), ...read.map(({ text }) => text), ...inside.map(({ text }) => text)]
  const [asked, ...vectors] = await encoder.vectors(texts, signal)
  const near = (vector: Vector | undefined): number =>
    asked === undefined || vector === undefined ? 0 : similarity(asked, vector)
  const outlines = vectors.slice(0, read.length).map(near)
  const owns = vectors.slice(read.length).map(near)
  const best = new Map<KnownFile, number>()
  for (const [index, { ranked }] of inside.entries()) {
    best.set(ranked.file, Math.max(best.get(ranked.file) ?? -1, owns[index] ?? 0))
  }
  return {
    // A file of which no function was read takes the similarity of its outline.
    files: read.map(({ ranked }, index) => {
      const outline = outlines[index] ?? 0
      return { ranked, best: best.get(ranked.file) ?? outline, outline }
    }),
    functions: inside.map(({ ranked }, index) => {
      return { ranked, own: owns[index] ?? 0, file: best.get(ranked.file) ?? 0 }
    }),
  }
}

/** Short names of what the file defines, in its order. */
function namesIn(file: KnownFile, parsed: readonly ParsedFile[]): readonly string[] {
  const bodies = parsed.find((one) => one.file === file)?.bodies ?? []
  return bodies.map(({ definition }) => definition.shortName).filter((name) => name !== '')
}
