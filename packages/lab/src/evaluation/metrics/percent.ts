import { type Estimate, estimateMean } from './bootstrap.ts'

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

/** The number with so many decimals. */
export function roundTo(value: number, decimals: number): number {
  const scale = 10 ** decimals
  // Adding 0 turns -0 into 0, which prints without a sign.
  return Math.round(value * scale) / scale + 0
}

/** {@link roundTo} that lets null through. */
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
