import { expect } from 'vitest'
import { countTerm, readFile } from '../../packages/fusesearch/src/policies/embedded/calls.ts'
import type { Purpose } from '../../packages/fusesearch/src/policies/embedded/knowledge.ts'
import { ReadingMemo } from '../../packages/fusesearch/src/policies/embedded/reading-memo.ts'
import { Search } from '../../packages/fusesearch/src/policies/embedded/search.ts'
import {
  type FileWeights,
  type FunctionWeights,
  HAND_WEIGHTS,
  type TermWeights,
  type Weights,
} from '../../packages/fusesearch/src/policies/embedded/weights.ts'
import type { Call, HistoryObservation, Observation } from '../../packages/fusesearch/src/search/index.ts'

/** A call with its result and its purpose. Tests write them by hand, so they need no repository. */
interface Seen {
  readonly call: Call
  readonly observation: Observation
  readonly purpose: Purpose
}

/** One call of a turn. It gets the search, because a grep is made for a term of its issue. */
export type Step = (search: Search) => Seen

export interface SearchedOptions {
  readonly issue: string
  readonly weights?: Weights
  readonly includeTests?: boolean
  readonly hasHistory?: boolean
}

/** A search of the embedded policy after these turns. Without `weights`, every weight is 0. */
export async function searched(options: SearchedOptions, ...turns: readonly (readonly Step[])[]): Promise<Search> {
  const defaults = { weights: weighing({}), includeTests: false, hasHistory: false }
  const search = new Search({ ...defaults, ...options, memo: new ReadingMemo() })
  for (const [index, steps] of turns.entries()) await takeTurn(search, index + 1, steps)
  return search
}

/** Issues the calls of one more turn and shows their results. */
export async function takeTurn(search: Search, turn: number, steps: readonly Step[]): Promise<void> {
  const seen = steps.map((step) => step(search))
  for (const { call, purpose } of seen) search.issue(call, purpose)
  const calls = seen.map(({ call }) => call)
  const observations = seen.map(({ observation }) => observation)
  await search.absorbTurn(turn, calls, observations)
}

interface Weighing {
  readonly term?: Partial<TermWeights>
  readonly file?: Partial<FileWeights>
  readonly function?: Partial<FunctionWeights>
}

/** Weights that are 0 except for the named ones. With a single weight of 1, an entry's score is that feature. */
export function weighing(given: Weighing): Weights {
  return {
    ...HAND_WEIGHTS,
    term: { ...zeros(HAND_WEIGHTS.term), ...given.term },
    file: { ...zeros(HAND_WEIGHTS.file), ...given.file },
    function: { ...zeros(HAND_WEIGHTS.function), ...given.function },
  }
}

function zeros<Key extends string>(weights: Readonly<Record<Key, number>>): Record<Key, number> {
  return Object.fromEntries(Object.keys(weights).map((name) => [name, 0])) as Record<Key, number>
}

const SHOWN = { ok: true, notices: [], bytes: 0 } as const

/** A grep that counted a term; `inFiles` if it occurs in more files than are shown. */
export function counted(text: string, counts: Readonly<Record<string, number>>, inFiles?: number): Step {
  return (search) => {
    const term = search.knowledge.facts.terms.find((one) => one.text === text)
    if (term === undefined) throw new Error(`the issue has no term "${text}"`)
    const files = inFiles ?? Object.keys(counts).length
    const rows = Object.entries(counts).map(([path, count]) => ({ path, count }))
    const totals = { files, lines: 0, occurrences: rows.reduce((sum, { count }) => sum + count, 0) }
    return {
      call: countTerm(term, search.includeTests),
      observation: { ...SHOWN, tool: 'grep', mode: 'counts', counts: rows, totals },
      purpose: { kind: 'term', term },
    }
  }
}

/** A glob that named these files. */
export function named(...paths: readonly string[]): Step {
  return () => ({
    call: { tool: 'glob', arguments: { patterns: ['**'] } },
    observation: { ...SHOWN, tool: 'glob', paths, total: paths.length },
    purpose: { kind: 'paths' },
  })
}

/** A grep for definitions of `names` that showed these lines: by path, line by number. */
export function defined(
  names: readonly string[],
  lines: Readonly<Record<string, Readonly<Record<number, string>>>>,
  of: 'issue' | 'neighbours' = 'issue',
): Step {
  const files = Object.entries(lines).map(([path, texts]) => ({
    path,
    lines: Object.entries(texts).map(([line, text]) => ({ line: Number(line), text, isMatch: true })),
  }))
  const totals = { files: files.length, lines: files.length, occurrences: 0 }
  return () => ({
    call: { tool: 'grep', arguments: { pattern: names.join('|') } },
    observation: { ...SHOWN, tool: 'grep', mode: 'content', files, totals },
    purpose: { kind: 'definitions', names: new Set(names), of },
  })
}

/** A file that was read whole. */
export function read(path: string, text: string): Step {
  const lines = text
    .replace(/\n$/, '')
    .split('\n')
    .map((line, index) => ({ line: index + 1, text: line }))
  return () => ({
    call: readFile(path),
    observation: { ...SHOWN, tool: 'read_file', path, lines, totalLines: lines.length },
    purpose: { kind: 'read', path },
  })
}

/** Earlier commits: their share for each path, and the score of each commit with its paths. */
export function past(
  paths: Readonly<Record<string, number>>,
  commits: readonly (readonly [score: number, ...paths: string[]])[],
): Step {
  const observation: HistoryObservation = {
    ...SHOWN,
    tool: 'history',
    paths: Object.entries(paths).map(([path, score]) => ({ path, score })),
    commits: commits.map(([score, ...changed], index) => {
      return { id: `${index}`, date: '2020-01-01', subject: 'a fix', score, paths: changed, changed: changed.length }
    }),
    total: commits.length,
  }
  return () => ({
    call: { tool: 'history', arguments: { query: 'a fix' } },
    observation,
    purpose: { kind: 'history' },
  })
}

/** Scores of the ranked files by path. */
export function fileScores(search: Search): Readonly<Record<string, number>> {
  return Object.fromEntries(search.files.map(({ file, score }) => [file.path, score]))
}

/** Scores of the ranked functions by path and qualified name, as in `a.py Cart.add`. */
export function functionScores(search: Search): Readonly<Record<string, number>> {
  return Object.fromEntries(
    search.functions.map(({ file, definition, score }) => [`${file.path} ${definition.name}`, score]),
  )
}

/** These numbers, rounded. */
export function near(numbers: Readonly<Record<string, number>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, expect.closeTo(value, 9)]))
}
