import type { Encoder } from 'fusesearch/encoder'
import { type EmbeddedRun, firstChance, measureSimilarities } from 'fusesearch/policies'
import type { GoldSets } from '../../evaluation/index.ts'

/** A ranking whose entries an encoder has read, as numbers; entries × 2 similarities, row by row. */
export interface SimilarityRanking {
  readonly scores: readonly number[]
  /** Measured from their mean over what was read; 0 for an entry that wasn't. */
  readonly similarities: readonly number[]
  readonly isGold: readonly boolean[]
}

/** The rankings of one search, to learn an encoder's weights from. */
export interface SimilaritySample {
  readonly repo: string
  /** Of the best file, before the encoder. */
  readonly chance: number
  /** Similarities: of the file's best function, of its outline. */
  readonly files: SimilarityRanking
  /** Similarities: its own, of its file's best function. */
  readonly functions: SimilarityRanking
}

/** Files of a ranking that an answer can name. */
const ENTRIES = 10

/** Reads what the policy would read, whether it is in doubt or not. Throws what the encoder throws. */
export async function similaritySample(
  search: EmbeddedRun['search'],
  { issue, repo, gold, encoder }: { issue: string; repo: string; gold: GoldSets; encoder: Encoder },
  signal: AbortSignal,
): Promise<SimilaritySample> {
  const near = await measureSimilarities(search, { issue, encoder }, signal)
  const golden = new Set(gold.functions.map(({ path, name }) => `${path}\0${name}`))
  const files = new Map(near.files.map(({ ranked, best, outline }) => [ranked.file, [best, outline] as const]))
  return {
    repo,
    chance: firstChance(search.files) ?? 1,
    files: rankingOf(
      search.files.slice(0, ENTRIES).map(({ file, score }) => {
        return { score, near: files.get(file), isGold: gold.files.includes(file.path) }
      }),
    ),
    functions: rankingOf(
      near.functions.map(({ ranked: { definition, file: known, score }, own, file }) => {
        return { score, near: [own, file] as const, isGold: golden.has(`${known.path}\0${definition.name}`) }
      }),
    ),
  }
}

interface Entry {
  readonly score: number
  readonly near: readonly [number, number] | undefined
  readonly isGold: boolean
}

function rankingOf(entries: readonly Entry[]): SimilarityRanking {
  const read = entries.flatMap(({ near }) => (near === undefined ? [] : [near]))
  const mean = (column: 0 | 1): number => read.reduce((sum, near) => sum + near[column], 0) / Math.max(1, read.length)
  const [first, second] = [mean(0), mean(1)]
  return {
    scores: entries.map(({ score }) => score),
    similarities: entries.flatMap(({ near }) => (near === undefined ? [0, 0] : [near[0] - first, near[1] - second])),
    isGold: entries.map(({ isGold }) => isGold),
  }
}
