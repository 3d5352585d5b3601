import { expect, test } from 'vitest'
import type { GroupResult, PackedRollout } from '../rollout/play.ts'
import { costOf, nextPrice, spendingOf } from './grpo.ts'

const rollout = (calls: number, bytesShown: number): PackedRollout => ({
  reward: 1,
  f1: 1,
  fileF1: 1,
  functionF1: 1,
  efficiency: 1,
  turns: 1,
  breadth: [calls],
  calls,
  redundantCalls: 0,
  bytesShown,
  isFirstRight: true,
  confidence: 1,
  picks: [],
  rankings: undefined,
  chains: undefined,
})

const group = (sample: number, ...rollouts: PackedRollout[]): GroupResult => ({ ok: true, sample, rollouts, missed: 0 })
const LOST: GroupResult = { ok: false, sample: 9, error: { code: 'unknown-commit', message: 'none' } }

test('usual spending is the mean of each sample’s rollouts', () => {
  const usual = spendingOf([group(4, rollout(10, 100), rollout(20, 300)), group(5), LOST])
  expect(usual).toEqual({ 4: { calls: 15, bytes: 200 } })
})

test('a rollout costs what it spends of the usual, half by calls and half by bytes', () => {
  expect(costOf(rollout(30, 100), { calls: 15, bytes: 200 })).toBe(1.25)
  expect(costOf(rollout(30, 100), undefined)).toBe(0)
})

test('the price rises with what was spent too much, over the samples that are known, and falls to nothing', () => {
  const usual = { 4: { calls: 10, bytes: 100 }, 5: { calls: 30, bytes: 300 } }
  // 44 of 40 calls, 600 of 400 bytes: half as much again.
  const results = [group(4, rollout(11, 300)), group(5, rollout(33, 300)), group(6, rollout(900, 900)), LOST]
  expect(nextPrice(results, { price: 0.1, usual }, 0.5)).toBeCloseTo(0.35)
  expect(nextPrice([group(4, rollout(5, 50))], { price: 0.1, usual }, 0.5)).toBe(0)
  expect(nextPrice(results, { price: 0.1, usual: {} }, 0.5)).toBe(0.1)
  expect(nextPrice(results, { price: 0.1, usual }, 0)).toBe(0.1)
})
