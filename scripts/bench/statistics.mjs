// The statistics of the bench.

export function median(numbers) {
  return quantile(numbers, 0.5)
}

/** The value below which this share of the numbers lies, nearest rank. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]
}

export function round(number, digits = 2) {
  return Number(number.toFixed(digits))
}
