import type { RankedFile } from '../rank-files.ts'
import type { RankedFunction } from '../rank-functions.ts'
import type { Decider } from './decide.ts'
import { type Option, own } from './options.ts'

/** An entry of a ranking with its chance of being right. */
export interface Chance<Ranked> {
  readonly ranked: Ranked
  readonly chance: number
}

/** What an answer of one level is taken from: the first entry always, each further one by a decision. */
export interface AnswerChain<Ranked> {
  readonly state: readonly number[]
  readonly entries: readonly Chance<Ranked>[]
  /** To add the second entry, the third and so on. */
  readonly options: readonly Option[]
}

/** Those of both levels; the functions are in the files that were taken. */
export interface AnswerChains {
  readonly files: AnswerChain<RankedFile>
  readonly functions: AnswerChain<RankedFunction>
}

export function chainOf<Ranked>(
  entries: readonly Chance<Ranked>[],
  state: readonly number[],
  optionOf: (entry: Chance<Ranked>, first: Chance<Ranked>) => Option,
): AnswerChain<Ranked> {
  const [first, ...further] = entries
  return { state, entries, options: first === undefined ? [] : further.map((entry) => optionOf(entry, first)) }
}

/** How far the answer goes down a chain. */
export function takeEntries<Ranked>(
  { state, entries, options }: AnswerChain<Ranked>,
  decider: Decider,
): readonly Chance<Ranked>[] {
  const end = options.findIndex((option) => decider.choose(state, [NONE, option]) === 0)
  return end === -1 ? entries : entries.slice(0, end + 1)
}

const NONE: Option = { kind: 'none', own: own() }

/** One more file in the answer. */
export function fileOption({ ranked, chance }: Chance<RankedFile>, first: Chance<RankedFile>): Option {
  const { features, file } = ranked
  const isSameFolder = folderOf(file.path) === folderOf(first.ranked.file.path)
  const named = Math.max(features.namedPath, features.frame)
  const shared = [chance / first.chance, chance, first.chance, isSameFolder ? 1 : 0]
  return { kind: 'add-file', own: own(...shared, named, features.titleLexical) }
}

/** One more function in the answer. */
export function functionOption({ ranked, chance }: Chance<RankedFunction>, first: Chance<RankedFunction>): Option {
  const isSameFile = ranked.file === first.ranked.file
  const isSameClass = isSameFile && classOf(ranked) === classOf(first.ranked)
  const shared = [chance / first.chance, chance, first.chance, isSameFile ? 1 : 0, isSameClass ? 1 : 0]
  return { kind: 'add-function', own: own(...shared, ranked.features.name) }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

function classOf({ definition }: RankedFunction): string {
  return definition.name.slice(0, definition.name.lastIndexOf('.') + 1)
}
