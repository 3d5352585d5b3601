import { type Encoder, passageText, similarity } from '../encoder/index.ts'
import type { RankedUnit } from './rank-units.ts'

/** Places that an encoder reads, of the best; the others keep their scores. */
const MAX_READ = 16
/** Lines of a place that it reads; an encoder takes some 100 tokens. */
const MAX_LINES = 60
/** What a similarity is worth, in parts of the best score: the one value that was tried, on training repositories. */
const WEIGHT = 1

/** What a question is answered with beside its ranking. */
interface Reading {
  readonly question: string
  readonly encoder: Encoder
  /** The text of a file; undefined if it is no longer readable. */
  readonly readText: (path: string) => Promise<string | undefined>
}

/** The ranking with an encoder's similarities added, measured from their mean. Throws what the encoder throws. */
export async function readAgain(
  ranked: readonly RankedUnit[],
  { question, encoder, readText }: Reading,
  signal: AbortSignal,
): Promise<readonly RankedUnit[]> {
  const read = ranked.slice(0, MAX_READ)
  const texts = new Map<string, Promise<string | undefined>>()
  for (const { unit } of read) if (!texts.has(unit.path)) texts.set(unit.path, readText(unit.path))
  const passages = await Promise.all(
    read.map(async ({ unit: { path, name, startLine, endLine } }) => {
      const lines = (await texts.get(path))?.split('\n') ?? []
      const own = lines.slice(startLine - 1, Math.min(endLine, startLine + MAX_LINES))
      return passageText([name === '' ? path : name, ...own].join('\n'))
    }),
  )
  const [asked, ...vectors] = await encoder.vectors([passageText(question), ...passages], signal)
  if (asked === undefined) return ranked
  const near = vectors.map((vector) => similarity(asked, vector))
  const mean = near.reduce((sum, one) => sum + one, 0) / Math.max(1, near.length)
  const top = ranked[0]?.score ?? 0
  return ranked
    .map((one, index) => {
      const value = near[index]
      // What was found stays found: no score falls to nothing.
      return value === undefined
        ? one
        : { ...one, score: Math.max(Number.EPSILON, one.score + WEIGHT * top * (value - mean)) }
    })
    .sort((a, b) => b.score - a.score)
}
