import { expect, test } from 'vitest'
import { largestOf } from './largest.ts'

test('finds the largest of a million numbers, of any iterable, and the least of none', () => {
  expect(largestOf(new Float64Array(1_000_000).fill(3).with(777_777, 4), 0)).toBe(4)
  expect(largestOf(new Map([['a', -2]]).values(), -5)).toBe(-2)
  expect(largestOf([], -5)).toBe(-5)
})
