import { type Level, levelScore, type Subset, selectSubset } from '../metrics/quality.ts'
import { meanOf, type PercentEstimate, percentMean, toPercent } from '../metrics/statistics.ts'
import type { Row, RunStats } from '../row.ts'

/** The same instance in both runs. */
export interface Pair {
  readonly a: Row
  readonly b: Row
}

/** F1 of two runs on the same instances, in percent. `difference` is A minus B with its paired 95% interval. */
export interface PairedF1 {
  readonly a: number | null
  readonly b: number | null
  readonly difference: PercentEstimate
  /** Instances on which A is better, worse and equal. */
  readonly wins: number
  readonly losses: number
  readonly ties: number
}

/** Compares the F1 of a level over the pairs with gold there. */
function compareLevel(pairs: readonly Pair[], level: Level): PairedF1 {
  const scores = pairs.flatMap((pair) => f1Of(pair, level) ?? [])
  const differences = scores.map(({ a, b }) => a - b)
  return {
    a: toPercent(meanOf(scores.map(({ a }) => a))),
    b: toPercent(meanOf(scores.map(({ b }) => b))),
    difference: percentMean(differences),
    wins: differences.filter((difference) => difference > 0).length,
    losses: differences.filter((difference) => difference < 0).length,
    ties: differences.filter((difference) => difference === 0).length,
  }
}

/** Both levels for each subset. */
export function compareSubsets(pairs: readonly Pair[]): Readonly<Record<Subset, Readonly<Record<Level, PairedF1>>>> {
  const over = (subset: Subset): Record<Level, PairedF1> => {
    const own = pairs.filter((pair) => selectSubset([pair.a, pair.b], subset).length > 0)
    return { file: compareLevel(own, 'file'), function: compareLevel(own, 'function') }
  }
  return { all: over('all'), kept: over('kept') }
}

/** Both F1 of an instance; null if it has no gold at the level. */
export function f1Of({ a, b }: Pair, level: Level): { readonly a: number; readonly b: number } | null {
  const [first, second] = [levelScore(a, level), levelScore(b, level)]
  return first === null || second === null ? null : { a: first.f1, b: second.f1 }
}

/**
 * Two runs compared at equal turns or calls. `budget`: both had the same limit, so every pair counts. `instances`: the
 * limits differ, and only the pairs count on which both used the same amount; this is a selection, so consider `n`.
 */
export interface EqualBudget {
  readonly basis: 'budget' | 'instances'
  /** Describes what is equal. */
  readonly meaning: string
  readonly instances: number
  readonly file: PairedF1
  readonly function: PairedF1
  /** Mean turns, calls and milliseconds of a search on these pairs. */
  readonly spent: { readonly a: Spent; readonly b: Spent }
}

interface Spent {
  readonly turns: number | null
  readonly calls: number | null
  readonly ms: number | null
}

/** The maximum number of turns of each side. */
interface TurnBudgets {
  readonly a: number
  readonly b: number
}

/** Amounts within 10% of each other count as the same. */
const SAME_SHARE = 0.1

/**
 * Equal turns: the same limit, otherwise the pairs on which both took the same number. Null when one side is a ranker.
 */
export function equalTurns(pairs: readonly Pair[], budgets: TurnBudgets): EqualBudget | null {
  if (isWithoutCalls(pairs)) return null
  if (budgets.a === budgets.b) {
    return summarize({ pairs, basis: 'budget', meaning: `both had a limit of ${budgets.a} turns, answer included` })
  }
  const same = pairs.filter(
    (pair) => stats(pair, 'a')?.turns === stats(pair, 'b')?.turns && stats(pair, 'a') !== undefined,
  )
  const meaning = `A had a limit of ${budgets.a} turns and B of ${budgets.b}; these are the instances on which both took the same number`
  return summarize({ pairs: same, basis: 'instances', meaning })
}

/**
 * Equal calls: the same limit (turns that call, times the widest turn made), or the same mean within 10%; otherwise
 * the pairs on which both made the same number, within 10% or one call. Null when one side is a ranker.
 */
export function equalCalls(pairs: readonly Pair[], budgets: TurnBudgets): EqualBudget | null {
  if (isWithoutCalls(pairs)) return null
  const allowed = { a: allowedCalls(pairs, 'a', budgets), b: allowedCalls(pairs, 'b', budgets) }
  const made = { a: meanCalls(pairs, 'a'), b: meanCalls(pairs, 'b') }
  if (allowed.a === allowed.b)
    return summarize({ pairs, basis: 'budget', meaning: `both had a limit of ${allowed.a} calls` })
  if (isSame(made.a, made.b)) {
    const meaning = `A made ${made.a.toFixed(1)} calls on average and B ${made.b.toFixed(1)}, within 10%`
    return summarize({ pairs, basis: 'budget', meaning })
  }
  const same = pairs.filter((pair) => {
    const [a, b] = [stats(pair, 'a')?.calls, stats(pair, 'b')?.calls]
    return a !== undefined && b !== undefined && (isSame(a, b) || Math.abs(a - b) <= 1)
  })
  const meaning = `A had a limit of ${allowed.a} calls and B of ${allowed.b}; these are the instances on which both made the same number, within 10% or one call`
  return summarize({ pairs: same, basis: 'instances', meaning })
}

function summarize(options: Pick<EqualBudget, 'basis' | 'meaning'> & { readonly pairs: readonly Pair[] }): EqualBudget {
  const { pairs, basis, meaning } = options
  return {
    basis,
    meaning,
    instances: pairs.length,
    file: compareLevel(pairs, 'file'),
    function: compareLevel(pairs, 'function'),
    spent: { a: spent(pairs, 'a'), b: spent(pairs, 'b') },
  }
}

function spent(pairs: readonly Pair[], side: 'a' | 'b'): Spent {
  const all = pairs.flatMap((pair) => stats(pair, side) ?? [])
  const mean = (pick: (one: RunStats) => number): number | null => {
    const value = meanOf(all.map(pick))
    return value === null ? null : Math.round(value * 100) / 100
  }
  return { turns: mean((one) => one.turns), calls: mean((one) => one.calls), ms: mean((one) => one.ms.total) }
}

/** A ranker takes no turns and makes no calls, so there is nothing to compare. */
function isWithoutCalls(pairs: readonly Pair[]): boolean {
  return meanCalls(pairs, 'a') === 0 || meanCalls(pairs, 'b') === 0
}

/** The answering turn makes no call. */
function allowedCalls(pairs: readonly Pair[], side: 'a' | 'b', budgets: TurnBudgets): number {
  const widths = pairs.flatMap((pair) => stats(pair, side)?.byTurn.map(({ breadth }) => breadth) ?? [])
  return (budgets[side] - 1) * Math.max(0, ...widths)
}

function meanCalls(pairs: readonly Pair[], side: 'a' | 'b'): number {
  return meanOf(pairs.flatMap((pair) => stats(pair, side)?.calls ?? [])) ?? 0
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= SAME_SHARE * Math.max(a, b)
}

function stats(pair: Pair, side: 'a' | 'b'): RunStats | undefined {
  const row = pair[side]
  return row.status === 'done' ? row.stats : undefined
}
