import { languageOf } from 'fusesearch/code'
import { jsonLine } from 'fusesearch/core'
import type { Fix, Gold } from '../../datasets/index.ts'

/**
 * Where the text of a sample comes from: a report of an issue tracker; the message of a commit that closes an issue;
 * the description of a merged pull request; the message of a plain commit.
 */
export type SampleKind = 'issue' | 'linked-issue' | 'merged-pull-request' | 'commit'

/** A text, a commit and what its fix changed: an instance to learn from. */
export interface Sample {
  readonly id: string
  /** `owner/name` as its source writes it. */
  readonly repo: string
  readonly baseCommit: string
  readonly text: string
  /** From the base commit to the fix; undefined where its source declares files and functions alone. */
  readonly patch: string | undefined
  readonly gold: Gold
  readonly createdAt: string | undefined
  readonly language: string | undefined
  /** The dataset's name, or `history`. */
  readonly source: string
  readonly kind: SampleKind
}

/** What a source tells of a sample besides its fix. */
export type SampleOrigin = Omit<Sample, 'baseCommit' | 'patch' | 'gold'>

/** Puts a sample together; its language is that of most gold files where the source names none. */
export function makeSample(origin: SampleOrigin, { baseCommit, gold, patch }: Fix): Sample {
  return { ...origin, baseCommit, gold, patch, language: origin.language ?? mainLanguage(gold.files) }
}

/**
 * A sample as a line of SWE-bench's form, so that every command that takes a dataset takes it; `source`, `kind`,
 * `files`, `functions` (`path::Class.method`) and `kept` are added. Fields stand in a fixed order.
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
