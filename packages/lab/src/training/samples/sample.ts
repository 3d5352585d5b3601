import { languageOf } from 'fusesearch/code'
import { jsonLine } from 'fusesearch/core'
import { type Fix, type Gold, repositoryIdentity } from '../../datasets/index.ts'
import { FILTERS, type FilterName } from './filters.ts'

/**
 * Where the text of a sample comes from: an issue tracker, the message of a commit that closes an issue, the
 * description of a merged pull request, or the message of a plain commit.
 */
export type SampleKind = 'issue' | 'linked-issue' | 'merged-pull-request' | 'commit'

/** A text, a commit and what its fix changed: an instance to learn from. */
export interface Sample {
  readonly id: string
  /** `owner/name` as its source writes it. */
  readonly repo: string
  readonly baseCommit: string
  readonly text: string
  /** From the base commit to the fix; undefined when the source only declares files and functions. */
  readonly patch: string | undefined
  readonly gold: Gold
  readonly createdAt: string | undefined
  readonly language: string | undefined
  /** The dataset's name, or `history`. */
  readonly source: string
  readonly kind: SampleKind
}

/** A sample without its fix. */
type SampleOrigin = Omit<Sample, 'baseCommit' | 'patch' | 'gold'>

/** Makes a sample. Its language is that of most gold files, unless the source names one. */
export function makeSample(origin: SampleOrigin, { baseCommit, gold, patch }: Fix): Sample {
  return { ...origin, baseCommit, gold, patch, language: origin.language ?? mainLanguage(gold.files) }
}

/**
 * A sample as a line in SWE-bench's format, so that every command that reads a dataset reads it; `source`, `kind`,
 * `files`, `functions` (`path::Class.method`) and `kept` are added. Fields have a fixed order.
 */
export function sampleLine(sample: Sample): string {
  const { gold } = sample
  return jsonLine({
    instance_id: sample.id,
    repo: sample.repo,
    base_commit: sample.baseCommit,
    problem_statement: sample.text,
    patch: sample.patch,
    files: gold.files,
    functions: [...new Set(gold.functions.map(({ path, name }) => `${path}::${name}`))],
    kept: gold.kept,
    language: sample.language,
    created_at: sample.createdAt,
    source: sample.source,
    kind: sample.kind,
  })
}

function mainLanguage(paths: readonly string[]): string | undefined {
  const counts = new Map<string, number>()
  for (const path of paths) {
    const language = languageOf(path)
    if (language !== undefined) counts.set(language, (counts.get(language) ?? 0) + 1)
  }
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0]?.[0]
}

/** Counts of the rows or commits of one source. */
interface SourceCounts {
  readonly read: number
  readonly written: number
  /** Rows whose patch doesn't apply, so that their commits were compared instead; absent when there are none. */
  readonly compared?: number
  /** By filter, without filters that dropped nothing. */
  readonly dropped: Readonly<Partial<Record<FilterName, number>>>
}

/** A row or commit that is listed by name: something is missing, or the line isn't an instance. */
interface Skipped {
  readonly name: string
  readonly filter: FilterName
  readonly reason: string
}

/** Counts, names and kinds of a whole run, all in a stable order. */
export interface Counts {
  readonly sources: Readonly<Record<string, SourceCounts>>
  readonly dropped: Readonly<Partial<Record<FilterName, number>>>
  readonly repositories: Readonly<Record<string, number>>
  readonly kinds: Readonly<Record<string, number>>
  readonly languages: Readonly<Record<string, number>>
  readonly skipped: readonly Skipped[]
}

/** Counts what a run reads, drops and keeps. */
export class Tally {
  readonly #read = new Map<string, number>()
  readonly #dropped = new Map<string, Map<FilterName, number>>()
  readonly #compared = new Map<string, number>()
  readonly #skipped: Skipped[] = []

  /** Notes that a source was read to this many more rows. */
  read(source: string, rows: number): void {
    this.#read.set(source, (this.#read.get(source) ?? 0) + rows)
  }

  /** Notes that a filter dropped some rows of a source. */
  drop(source: string, filter: FilterName, rows = 1): void {
    const counts = this.#dropped.get(source) ?? new Map<FilterName, number>()
    this.#dropped.set(source, counts.set(filter, (counts.get(filter) ?? 0) + rows))
  }

  /** Notes that a row's commits were compared instead of applying its patch. */
  compare(source: string): void {
    this.#compared.set(source, (this.#compared.get(source) ?? 0) + 1)
  }

  /** Lists something by name that was dropped because it is missing. */
  name(skipped: Skipped): void {
    this.#skipped.push(skipped)
  }

  /** The counts of a run that kept these samples. */
  counts(samples: readonly Sample[]): Counts {
    const sources = [...this.#read.keys()].sort().map((source): [string, SourceCounts] => {
      const written = samples.filter((sample) => sample.source === source).length
      const dropped = inOrder(this.#dropped.get(source) ?? new Map())
      const compared = this.#compared.get(source)
      const mended = compared === undefined ? {} : { compared }
      return [source, { read: this.#read.get(source) ?? 0, written, ...mended, dropped }]
    })
    const all = new Map<FilterName, number>()
    for (const counts of this.#dropped.values())
      for (const [filter, count] of counts) all.set(filter, (all.get(filter) ?? 0) + count)
    return {
      sources: Object.fromEntries(sources),
      dropped: inOrder(all),
      repositories: countBy(samples.map(({ repo }) => repositoryIdentity(repo))),
      kinds: countBy(samples.map(({ kind }) => kind)),
      languages: countBy(samples.map(({ language }) => language ?? 'unknown')),
      skipped: this.#skipped,
    }
  }
}

function inOrder(counts: ReadonlyMap<FilterName, number>): Partial<Record<FilterName, number>> {
  const filters = Object.keys(FILTERS) as FilterName[]
  return Object.fromEntries(filters.flatMap((filter) => (counts.has(filter) ? [[filter, counts.get(filter)]] : [])))
}

/** How often each text is in a list, ordered by text. */
export function countBy(values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
}
