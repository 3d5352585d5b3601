import { resolve } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'
import type { Level, Subset } from '../metrics/quality.ts'
import { type Estimate, estimateMean, roundOrNull, roundTo } from '../metrics/statistics.ts'
import { type SearchSummary, summarizeSearch } from '../metrics/summary.ts'
import type { Row } from '../row.ts'
import { turnsOf } from '../run/contestant.ts'
import { type RunHeader, readRun } from '../run/folder.ts'
import { compareSubsets, type EqualBudget, equalCalls, equalTurns, f1Of, type Pair, type PairedF1 } from './paired.ts'

/** One side of a comparison: a policy of a run. */
interface ComparedRun {
  readonly run: string
  readonly policy: string
  readonly commit: string | null
  readonly command: string
  /** The maximum number of turns, including the answering one. */
  readonly maxTurns: number
  readonly search: SearchSummary
}

/** The object of `fusesearch compare --json`. Percentages have one decimal; every difference is A minus B. */
export interface Comparison {
  readonly version: 1
  readonly a: ComparedRun
  readonly b: ComparedRun
  /** Instances in both. */
  readonly instances: number
  readonly onlyInA: number
  readonly onlyInB: number
  readonly subsets: Readonly<Record<Subset, { readonly file: PairedF1; readonly function: PairedF1 }>>
  /** Milliseconds of a search, A minus B, over the pairs that ran on both sides. */
  readonly ms: Estimate
  /** Null when one side is a ranker, which has neither turns nor calls. */
  readonly equalTurns: EqualBudget | null
  readonly equalCalls: EqualBudget | null
  readonly mostChanged: readonly ChangedInstance[]
}

/**
 * Compares two runs instance by instance. Throws FuseSearchError `bad-run` if they have no instance in common, or if
 * their gold differs, which means that they used different versions of the dataset.
 */
export function compareRuns(a: RunSide, b: RunSide): Comparison {
  const pairs = pairRows(a, b)
  const bothDone = pairs.flatMap((pair) =>
    pair.a.status === 'done' && pair.b.status === 'done' ? [pair.a.stats.ms.total - pair.b.stats.ms.total] : [],
  )
  const { n, mean, low, high } = estimateMean(bothDone)
  const budgets = { a: turnsOf(a.header.identity, a.policy), b: turnsOf(b.header.identity, b.policy) }
  return {
    version: 1,
    a: describeSide(
      a,
      pairs.map((pair) => pair.a),
    ),
    b: describeSide(
      b,
      pairs.map((pair) => pair.b),
    ),
    instances: pairs.length,
    onlyInA: a.rows.length - pairs.length,
    onlyInB: b.rows.length - pairs.length,
    subsets: compareSubsets(pairs),
    ms: { n, mean: roundOrNull(mean, 1), low: roundOrNull(low, 1), high: roundOrNull(high, 1) },
    equalTurns: equalTurns(pairs, budgets),
    equalCalls: equalCalls(pairs, budgets),
    mostChanged: mostChanged(pairs),
  }
}

function pairRows(a: RunSide, b: RunSide): Pair[] {
  const others = new Map(b.rows.map((row) => [row.id, row]))
  const pairs = a.rows.flatMap((row) => {
    const other = others.get(row.id)
    return other === undefined ? [] : [{ a: row, b: other }]
  })
  if (pairs.length === 0) {
    const message = `${a.run} and ${b.run} have no instance in common. Compare runs on the same dataset.`
    throw new FuseSearchError(message, { code: 'bad-run' })
  }
  const differing = pairs.filter(
    (pair) => goldKey(pair.a) !== goldKey(pair.b) && pair.a.gold !== null && pair.b.gold !== null,
  )
  const [first] = differing
  if (first === undefined) return pairs
  const message = `${a.run} and ${b.run} have different gold for ${differing.length} instances, ${first.a.id} for one: they used different versions of the dataset. Run one of them again.`
  throw new FuseSearchError(message, { code: 'bad-run' })
}

function goldKey({ gold }: Row): string {
  return JSON.stringify([gold?.files, gold?.functions])
}

function describeSide({ run, policy, header }: RunSide, rows: readonly Row[]): ComparedRun {
  const { commit, command } = header.setup
  return { run, policy, commit, command, maxTurns: turnsOf(header.identity, policy), search: summarizeSearch(rows) }
}

/** An instance whose F1 differs. Percentages. */
interface ChangedInstance {
  readonly id: string
  readonly fileF1: BothF1 | null
  readonly functionF1: BothF1 | null
  readonly trajectories: { readonly a: string | null; readonly b: string | null }
}

interface BothF1 {
  readonly a: number
  readonly b: number
}

/** Number of changed instances that are listed. */
const SHOWN_CHANGES = 10

/** The instances whose F1 changed most, file and function added up; ties are ordered by id. */
function mostChanged(pairs: readonly Pair[]): ChangedInstance[] {
  return pairs
    .map((pair) => ({ pair, size: changeOf(pair, 'file') + changeOf(pair, 'function') }))
    .filter(({ size }) => size > 0)
    .sort((x, y) => y.size - x.size || (x.pair.a.id < y.pair.a.id ? -1 : 1))
    .slice(0, SHOWN_CHANGES)
    .map(({ pair }) => ({
      id: pair.a.id,
      fileF1: asPercents(pair, 'file'),
      functionF1: asPercents(pair, 'function'),
      trajectories: { a: pair.a.trajectory, b: pair.b.trajectory },
    }))
}

function changeOf(pair: Pair, level: Level): number {
  const scores = f1Of(pair, level)
  return scores === null ? 0 : Math.abs(scores.a - scores.b)
}

function asPercents(pair: Pair, level: Level): BothF1 | null {
  const scores = f1Of(pair, level)
  return scores === null ? null : { a: roundTo(scores.a * 100, 1), b: roundTo(scores.b * 100, 1) }
}

/** A policy of a run, with its rows. */
export interface RunSide {
  readonly run: string
  readonly policy: string
  readonly header: RunHeader
  readonly rows: readonly Row[]
  /** The folder of the row's run, absolute. */
  readonly folderOf: (row: Row) => string
}

/**
 * Opens `DIR` or `DIR:POLICY`, relative to `cwd`; a run of one policy needs no name. Several, separated by commas, are
 * pooled: runs of different datasets with one policy and budget. An instance in several of them counts once.
 * Throws FuseSearchError `bad-run`, or `bad-argument` when the policy is missing, unknown or not the same in all.
 */
export function openSide(text: string, cwd: string): RunSide {
  const sides = text.split(',').map((part) => openRun(part, cwd))
  const [first] = sides
  if (first === undefined) throw new Error('splitting a text gives at least one part')
  const budget = ({ header, policy }: RunSide): string => `${policy}, ${turnsOf(header.identity, policy)} turns`
  const other = sides.find((side) => budget(side) !== budget(first))
  if (other !== undefined) {
    const message = `${first.run} and ${other.run} can't be pooled: ${budget(first)} against ${budget(other)}. Pool runs of one policy and budget.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const rows = new Map<string, Row>()
  const sideOf = new Map(sides.flatMap((side) => side.rows.map((row) => [row, side] as const)))
  for (const row of sideOf.keys()) if (!rows.has(row.id)) rows.set(row.id, row)
  const folderOf = (row: Row): string => (sideOf.get(row) ?? first).folderOf(row)
  return { ...first, run: sides.map(({ run }) => run).join(' + '), rows: [...rows.values()], folderOf }
}

function openRun(text: string, cwd: string): RunSide {
  const { folder, policy: asked } = splitSide(text)
  const place = resolve(cwd, folder)
  const { header, rows } = readRun(place)
  const { policies } = header.identity
  const policy = asked ?? (policies.length === 1 ? policies[0] : undefined)
  if (policy === undefined || !policies.includes(policy)) {
    const forms = policies.map((name) => `${folder}:${name}`).join(', ')
    const fact = asked === undefined ? `${folder} holds several policies` : `${folder} has no policy "${asked}"`
    throw new FuseSearchError(`${fact}. Name one of ${forms}.`, { code: 'bad-argument' })
  }
  return { run: folder, policy, header, rows: rows.filter((row) => row.policy === policy), folderOf: () => place }
}

function splitSide(text: string): { folder: string; policy: string | undefined } {
  const colon = text.lastIndexOf(':')
  // A colon before a slash belongs to the path.
  if (colon <= 0 || text.includes('/', colon)) return { folder: text, policy: undefined }
  return { folder: text.slice(0, colon), policy: text.slice(colon + 1) }
}
