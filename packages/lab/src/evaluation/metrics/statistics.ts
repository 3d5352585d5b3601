import { createRng } from 'fusesearch/core'

/** Resamples behind every interval. */
export const RESAMPLES = 4_000
/** Seed of every interval, so that a report can be reproduced exactly. */
const BOOTSTRAP_SEED = 17

/** A mean over `n` values with its 95% interval; all null if there are no values. */
export interface Estimate {
  readonly n: number
  readonly mean: number | null
  readonly low: number | null
  readonly high: number | null
}

/**
 * The mean and its 95% percentile-bootstrap interval (Efron 1979): values drawn with replacement, the 2.5th and
 * 97.5th percentile of the means. For paired runs pass the differences per instance.
 */
export function estimateMean(values: readonly number[]): Estimate {
  const n = values.length
  if (n === 0) return { n, mean: null, low: null, high: null }
  const means = resampleMeans(values)
  return { n, mean: sum(values) / n, low: percentile(means, 0.025), high: percentile(means, 0.975) }
}

/** The mean; null without values. */
export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : sum(values) / values.length
}

/** The value below which `share` of the ascending `sorted` lie, interpolated linearly (type 7, as NumPy's default). */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const at = (sorted.length - 1) * share
  const below = sorted[Math.floor(at)] ?? 0
  const above = sorted[Math.ceil(at)] ?? 0
  return below + (above - below) * (at - Math.floor(at))
}

function resampleMeans(values: readonly number[]): Float64Array {
  const means = new Float64Array(RESAMPLES)
  // Every resample of equal values is the same.
  if (values.every((value) => value === values[0])) return means.fill(sum(values) / values.length)
  const rng = createRng(BOOTSTRAP_SEED)
  for (let sample = 0; sample < means.length; sample++) {
    let total = 0
    for (let draw = 0; draw < values.length; draw++) total += values[rng.integer(values.length)] ?? 0
    means[sample] = total / values.length
  }
  return means.sort()
}

function sum(values: readonly number[]): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/** A mean over `n` instances with its 95% interval, in percent with one decimal; null without instances. */
export interface PercentEstimate {
  readonly n: number
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
}

/** A share in [0, 1] as percent with one decimal. */
export function toPercent(share: number | null): number | null {
  return share === null ? null : roundTo(share * 100, 1)
}

/** The number rounded to this many decimals. */
export function roundTo(value: number, decimals: number): number {
  const scale = 10 ** decimals
  // Adding 0 turns -0 into 0, which prints without a sign.
  return Math.round(value * scale) / scale + 0
}

/** {@link roundTo} that passes null through. */
export function roundOrNull(value: number | null, decimals: number): number | null {
  return value === null ? null : roundTo(value, decimals)
}

/** The mean of shares with its interval, in percent. */
export function percentMean(shares: readonly number[]): PercentEstimate {
  return asPercent(estimateMean(shares))
}

function asPercent({ n, mean, low, high }: Estimate): PercentEstimate {
  return { n, value: toPercent(mean), low: toPercent(low), high: toPercent(high) }
}
