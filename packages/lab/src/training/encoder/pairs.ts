import { type EmbeddedRun, firstChance, issuePassage, passagesOf } from 'fusesearch/policies'
import type { SearchedSample } from './searches.ts'

/** A candidate of a search with what an encoder reads of it. */
export interface PairedFile {
  readonly path: string
  /** Null for a file that the search didn't read, and so the encoder doesn't either. */
  readonly text: string | null
  /** Of the ranking, without an encoder. */
  readonly score: number
  /** Place in the ranking, from 1. */
  readonly rank: number
  readonly isGold: boolean
}

export interface PairedFunction extends Omit<PairedFile, 'text'> {
  readonly name: string
  readonly text: string
}

/** An issue and the candidates of its search: gold ones make pairs with it, the others are hard negatives. */
export interface PairSample {
  readonly id: string
  readonly repo: string
  /** As an encoder reads it. */
  readonly issue: string
  /** Of the best file, before an encoder. */
  readonly chance: number
  readonly files: readonly PairedFile[]
  readonly functions: readonly PairedFunction[]
}

/** Candidates of a ranking; gold ones below it are taken too, since they make pairs. */
const FILES = 10
const FUNCTIONS = 20

/** The candidates of one search. It makes no pair where no gold candidate was read. */
export function pairSample(search: EmbeddedRun['search'], { instance, gold }: SearchedSample): PairSample {
  const goldFiles = new Set(gold.files)
  const goldFunctions = new Set(gold.functions.map(({ path, name }) => `${path}\0${name}`))
  const files = search.files
    .map(({ file, score }, index) => ({ file, score, rank: index + 1, isGold: goldFiles.has(file.path) }))
    .filter(({ rank, isGold, file }) => rank <= FILES || (isGold && file.read !== undefined))
  const functions = search.functions
    .map((ranked, index) => {
      const isGold = goldFunctions.has(`${ranked.file.path}\0${ranked.definition.name}`)
      return { ranked, rank: index + 1, isGold }
    })
    .filter(({ rank, isGold }) => rank <= FUNCTIONS || isGold)
  const kept = new Set([...files.map(({ file }) => file), ...functions.map(({ ranked }) => ranked.file)])
  const passages = passagesOf({
    files: search.files.filter(({ file }) => kept.has(file)),
    functions: functions.map(({ ranked }) => ranked),
    parsed: search.parsed,
  })
  const outlines = new Map(passages.files.map(({ ranked, text }) => [ranked.file, text]))
  const texts = new Map(passages.functions.map(({ ranked, text }) => [ranked, text]))
  return {
    id: instance.id,
    repo: instance.repo,
    issue: issuePassage(instance.issue),
    chance: firstChance(search.files) ?? 1,
    files: files.map(({ file, ...rest }) => ({ path: file.path, text: outlines.get(file) ?? null, ...rest })),
    functions: functions.flatMap(({ ranked, rank, isGold }) => {
      const { file, definition, score } = ranked
      const text = texts.get(ranked)
      return text === undefined ? [] : [{ path: file.path, name: definition.name, text, score, rank, isGold }]
    }),
  }
}
