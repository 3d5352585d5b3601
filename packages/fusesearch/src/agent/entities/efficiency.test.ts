import { expect, it } from 'vitest'
import { measureEfficiency } from './efficiency.ts'

it('is the mean gain of the calls', () => {
  expect(measureEfficiency([1, 0.5, 0, 0.25])).toEqual({ efficiency: 0.4375, redundantCalls: 1, calls: 4 })
})

it('counts a call as redundant when and only when its gain is 0', () => {
  expect(measureEfficiency([0, 0, 0.001])).toMatchObject({ redundantCalls: 2, calls: 3 })
})

it('is null without a call', () => {
  expect(measureEfficiency([])).toEqual({ efficiency: null, redundantCalls: 0, calls: 0 })
})
