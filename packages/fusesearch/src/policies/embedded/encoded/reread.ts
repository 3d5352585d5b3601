import type { KnownFile } from '../knowledge.ts'
import { firstChance, measureSimilarities, type Rankings, type Similarities } from './similarities.ts'
import type { EncoderWeights, Reader } from './weights.ts'

/** Rankings in a new order. */
export interface Reread extends Pick<Rankings, 'files' | 'functions'> {
  /** Passages that were read, the issue's own left out. */
  readonly passages: number
  /** The files that the encoder raised, best first. */
  readonly raised: ReadonlyMap<KnownFile, Raised>
}

/** Why a file was raised, for people: a reason, and the lines that are most like the issue. */
export interface Raised {
  readonly reason: string
  readonly startLine: number
  readonly endLine: number
}

/** Whether the encoder reads: if the best file's chance is below the threshold. False if no file was found. */
export function isInDoubt({ files }: Pick<Rankings, 'files'>, { doubt }: Pick<EncoderWeights, 'doubt'>): boolean {
  const first = firstChance(files)
  return first !== undefined && first < doubt
}

/**
 * The rankings with similarities added to their scores. Only what was read moves, by its distance from the mean of what
 * was read, so that the others keep their scores. Throws what the encoder throws.
 */
export async function reread(
  rankings: Rankings,
  { issue, reader }: { readonly issue: string; readonly reader: Reader },
  signal: AbortSignal,
): Promise<Reread> {
  const { encoder, weights } = reader
  const near = await measureSimilarities(rankings, { issue, encoder }, signal)
  const files = raisedBy(
    rankings.files,
    near.files,
    ({ best, outline }) => weights.file.best * best + weights.file.outline * outline,
  )
  const functions = raisedBy(
    rankings.functions,
    near.functions,
    ({ own, file }) => weights.function.own * own + weights.function.file * file,
  )
  const before = new Map(rankings.files.map(({ file }, index) => [file, index + 1]))
  const raised = new Map<KnownFile, Raised>()
  for (const [index, { file }] of files.entries()) {
    const from = before.get(file) ?? 0
    if (from <= index + 1) continue
    const reason = `reads like the issue: ${encoder.name} raised the file from place ${from} to ${index + 1}`
    raised.set(file, { reason, ...linesOf(file, near) })
  }
  return { files, functions, passages: near.files.length + near.functions.length, raised }
}

/** For people: what the encoder did. */
export function noteOf({ passages, files, raised }: Reread, { encoder }: Reader): string {
  const [first] = files
  const read = `The ranking was in doubt, so ${encoder.name} read ${passages} passages of it`
  if (first === undefined || !raised.has(first.file)) return `${read}; the first file stayed.`
  return `${read} and put ${first.file.path} first.`
}

/** The lines of the file's most similar function; those of the file if none was read. */
function linesOf(file: KnownFile, { functions }: Similarities): Pick<Raised, 'startLine' | 'endLine'> {
  const own = functions.filter(({ ranked }) => ranked.file === file).sort((a, b) => b.own - a.own)
  const [nearest] = own
  if (nearest === undefined) return { startLine: 1, endLine: file.read?.lines.length ?? 1 }
  const { startLine, endLine } = nearest.ranked.part ?? nearest.ranked.definition
  return { startLine, endLine }
}

/** The ranking in the order of its new scores; equal scores keep their order. */
function raisedBy<Ranked extends { readonly score: number }, Near extends { readonly ranked: Ranked }>(
  ranking: readonly Ranked[],
  near: readonly Near[],
  valueOf: (entry: Near) => number,
): readonly Ranked[] {
  const values = new Map(near.map((entry) => [entry.ranked, valueOf(entry)]))
  const mean = [...values.values()].reduce((sum, value) => sum + value, 0) / Math.max(1, values.size)
  return ranking
    .map((one) => {
      const value = values.get(one)
      return value === undefined ? one : { ...one, score: one.score + value - mean }
    })
    .sort((a, b) => b.score - a.score)
}
