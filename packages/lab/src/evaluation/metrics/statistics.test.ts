import { expect, test } from 'vitest'
import { estimateMean, meanOf, percentile } from './statistics.ts'

test('percentiles interpolate between neighbours', () => {
  expect(percentile([0, 10], 0.25)).toBe(2.5)
  expect(percentile([1, 2, 3, 4, 5], 0.5)).toBe(3)
  expect(percentile([7], 0.975)).toBe(7)
})

test('no values have no mean', () => {
  expect(estimateMean([])).toEqual({ n: 0, mean: null, low: null, high: null })
  expect(meanOf([])).toBeNull()
})

test('equal values have an interval of width 0', () => {
  expect(estimateMean([0.4, 0.4, 0.4])).toMatchObject({ n: 3, low: expect.closeTo(0.4), high: expect.closeTo(0.4) })
})

test('the interval of fair coins is close to the normal one, and the same each time', () => {
  const coins = Array.from({ length: 100 }, (_, index) => index % 2)
  const estimate = estimateMean(coins)
  expect(estimate.mean).toBe(0.5)
  // 0.5 ± 1.96 · sqrt(0.25 / 100) = 0.402 and 0.598
  expect(estimate.low).toBeGreaterThan(0.38)
  expect(estimate.low).toBeLessThan(0.42)
  expect(estimate.high).toBeGreaterThan(0.58)
  expect(estimate.high).toBeLessThan(0.62)
  expect(estimateMean(coins)).toEqual(estimate)
})
