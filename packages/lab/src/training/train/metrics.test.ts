import { describe, expect, test } from 'vitest'
import type { GroupResult, GroupRunner, GroupTask, PackedRollout } from '../rollout/play.ts'
import { passes } from './fits.ts'
import { createFleet, rolloutsOf } from './fleet.ts'
import { costOf, isBetter, metricsOf, nextPenaltyFactor, usualCostOf } from './metrics.ts'

function rollout(part: Partial<PackedRollout> = {}): PackedRollout {
  const outcome = { reward: 1, f1: 1, fileF1: 1, functionF1: 1, efficiency: 0.5, isFirstRight: true, confidence: 1 }
  const search = { turns: 2, breadth: [3], calls: 3, redundantCalls: 0, bytesShown: 100 }
  return { ...outcome, ...search, choices: [], rankings: undefined, chains: undefined, ...part }
}

test('metrics are means over rollouts; a rollout without a value is left out of that mean', () => {
  const metrics = metricsOf([
    rollout({ reward: 1.5, efficiency: 0.5, turns: 3, breadth: [6, 2], calls: 8, redundantCalls: 2, bytesShown: 300 }),
    rollout({ reward: 0, f1: 0, fileF1: 0, functionF1: 0, breadth: [2], calls: 2, redundantCalls: 0 }),
    rollout({ reward: 0, f1: 0.5, fileF1: 0.5, functionF1: null, efficiency: null, turns: 1, breadth: [], calls: 0 }),
  ])
  expect(metrics).toEqual({
    n: 3,
    reward: 0.5,
    f1: 0.5,
    fileF1: 0.5,
    functionF1: 0.5,
    efficiency: 0.5,
    redundancy: 0.2,
    turns: 2,
    calls: 10 / 3,
    bytes: 500 / 3,
    breadth: [4, 2],
  })
})

test('metrics of nothing are zeros', () => {
  expect(metricsOf([])).toMatchObject({ n: 0, reward: 0, redundancy: 0, breadth: [] })
})

test("weights are better only if calls and bytes stay within a tenth of the start and F1 doesn't fall", () => {
  const start = { ...metricsOf([]), calls: 10, bytes: 100, f1: 0.4, reward: 0.5 }
  expect(isBetter({ ...start, reward: 0.6 }, 0.5, start)).toBe(true)
  expect(isBetter({ ...start, reward: 0.5 }, 0.5, start)).toBe(false)
  expect(isBetter({ ...start, reward: 0.6, calls: 11, bytes: 110 }, 0.5, start)).toBe(true)
  expect(isBetter({ ...start, reward: 0.6, calls: 11.1 }, 0.5, start)).toBe(false)
  expect(isBetter({ ...start, reward: 0.6, bytes: 111 }, 0.5, start)).toBe(false)
  expect(isBetter({ ...start, reward: 0.6, f1: 0.39 }, 0.5, start)).toBe(false)
  expect(isBetter({ ...start, reward: 0.6, f1: 0.39 }, 0.5, undefined)).toBe(true)
})

describe('the filter of phase 1', () => {
  test.each<[string, Partial<PackedRollout>, boolean, boolean, boolean]>([
    ['both on the threshold', { f1: 0.5, efficiency: 0.5 }, true, true, true],
    ['right but wasteful', { f1: 0.9, efficiency: 0.49 }, true, false, false],
    ['wrong but efficient', { f1: 0.49, efficiency: 0.9 }, false, true, false],
    ['without a call', { f1: 1, efficiency: null }, true, false, false],
  ])('%s', (...[, part, byF1, byEfficiency, byBoth]) => {
    const one = rollout(part)
    expect(passes(one, { minF1: 0.5, minEfficiency: 0 })).toBe(byF1)
    expect(passes(one, { minF1: 0, minEfficiency: 0.5 })).toBe(byEfficiency)
    expect(passes(one, { minF1: 0.5, minEfficiency: 0.5 })).toBe(byBoth)
    expect(passes(one, { minF1: 0, minEfficiency: 0 })).toBe(true)
  })
})

/** Has no sample 2; records who played what. */
function runnerOf(name: string, log: string[]): GroupRunner {
  return {
    run({ sample, seeds }): Promise<GroupResult> {
      log.push(`${name}${sample}`)
      const error = { code: 'unknown-commit', message: 'gone' }
      const rollouts = seeds.map((seed) => rollout({ reward: 10 * sample + seed }))
      return Promise.resolve(sample === 2 ? { ok: false, sample, error } : { ok: true, sample, rollouts, missed: 1 })
    },
    close: () => Promise.resolve(),
  }
}

describe('a fleet', () => {
  const tasks = [0, 1, 2, 3].map((sample) => ({ sample, seeds: [1, 2] }) as unknown as GroupTask)

  test('plays each sample with the same runner, keeps the order of results, and skips samples that are missing', async () => {
    const log: string[] = []
    let nowMs = 0
    const fleet = createFleet([runnerOf('a', log), runnerOf('b', log)], { nowMs: () => (nowMs += 500) })
    const done: number[] = []
    const results = await fleet.play(tasks, (count) => done.push(count))
    expect(results.map(({ sample }) => sample)).toEqual([0, 1, 2, 3])
    expect(rolloutsOf(results).map(({ reward }) => reward)).toEqual([1, 2, 11, 12, 31, 32])
    expect(done).toEqual([1, 2, 3, 4])
    expect([...fleet.skipped]).toEqual([[2, { code: 'unknown-commit', message: 'gone' }]])
    expect(fleet.played).toEqual({ rollouts: 6, seconds: 0.5, missed: 3 })
    await fleet.play(tasks)
    expect(log.toSorted()).toEqual(['a0', 'a0', 'a2', 'b1', 'b1', 'b3', 'b3'])
  })

  test('ends if a runner ends', async () => {
    const broken: GroupRunner = { run: () => Promise.reject(new Error('full')), close: () => Promise.resolve() }
    const fleet = createFleet([broken], { nowMs: () => 0 })
    await expect(fleet.play(tasks)).rejects.toThrow('full')
  })
})

const spent = (calls: number, bytesShown: number): PackedRollout => rollout({ calls, bytesShown })
const group = (sample: number, ...rollouts: PackedRollout[]): GroupResult => ({ ok: true, sample, rollouts, missed: 0 })
const LOST: GroupResult = { ok: false, sample: 9, error: { code: 'unknown-commit', message: 'none' } }

test('usual cost is the mean of each sample’s rollouts', () => {
  const usual = usualCostOf([group(4, spent(10, 100), spent(20, 300)), group(5), LOST])
  expect(usual).toEqual({ 4: { calls: 15, bytes: 200 } })
})

test("a rollout's cost is relative to the usual one, half by calls and half by bytes", () => {
  expect(costOf(spent(30, 100), { calls: 15, bytes: 200 })).toBe(1.25)
  expect(costOf(spent(30, 100), undefined)).toBe(0)
})

test('the penalty rises with the excess cost over the known samples, and falls to 0', () => {
  const usual = { 4: { calls: 10, bytes: 100 }, 5: { calls: 30, bytes: 300 } }
  // 44 of 40 calls, 600 of 400 bytes: half as much again.
  const results = [group(4, spent(11, 300)), group(5, spent(33, 300)), group(6, spent(900, 900)), LOST]
  expect(nextPenaltyFactor(results, { price: 0.1, usual }, 0.5)).toBeCloseTo(0.35)
  expect(nextPenaltyFactor([group(4, spent(5, 50))], { price: 0.1, usual }, 0.5)).toBe(0)
  expect(nextPenaltyFactor(results, { price: 0.1, usual: {} }, 0.5)).toBe(0.1)
  expect(nextPenaltyFactor(results, { price: 0.1, usual }, 0)).toBe(0.1)
})
