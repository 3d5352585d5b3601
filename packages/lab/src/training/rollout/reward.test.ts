import { describe, expect, test } from 'vitest'
import type { Prediction } from '../../evaluation/index.ts'
import { DEFAULT_REWARD, rewardOf } from './reward.ts'

const f = { path: 'a.py', name: 'f' }
const g = { path: 'a.py', name: 'g' }
const GOLD = { files: ['a.py'], functions: [f, g] }

function answering(files: readonly string[], functions: Prediction['functions']): Prediction {
  return { files, functions, ranking: { files, functions } }
}

/** Files: one of two right, precision 1/2, recall 1, F1 2/3. Functions: one of two found, F1 2/3. */
const HALF = answering(['a.py', 'b.py'], [f])

describe('the reward', () => {
  test.each<[string, object, number]>([
    ['F1 + F1·e', { alpha: 1, gamma: 1, delta: 0 }, 2 / 3 + (2 / 3) * 0.6],
    ['F1 alone', { alpha: 1, gamma: 0, delta: 0 }, 2 / 3],
    ['F1 + e', { alpha: 1, gamma: 0, delta: 1 }, 2 / 3 + 0.6],
  ])('%s', (_, weights, reward) => {
    const outcome = rewardOf(HALF, 0.6, { gold: GOLD, settings: { ...DEFAULT_REWARD, ...weights } })
    expect(outcome.reward).toBeCloseTo(reward, 12)
    expect(outcome.fileF1).toBeCloseTo(2 / 3, 12)
    expect(outcome.functionF1).toBeCloseTo(2 / 3, 12)
  })

  test('weights files and functions by their share', () => {
    const settings = { ...DEFAULT_REWARD, gamma: 0, fileShare: 0.25 }
    // Files 1, functions 0.
    expect(rewardOf(answering(['a.py'], []), 1, { gold: GOLD, settings })).toMatchObject({ reward: 0.25, f1: 0.25 })
  })

  test('of a wrong answer is 0, whatever the efficiency, except for F1 + e', () => {
    const wrong = answering(['b.py'], [])
    expect(rewardOf(wrong, 1, { gold: GOLD, settings: DEFAULT_REWARD }).reward).toBe(0)
    expect(rewardOf(wrong, 1, { gold: GOLD, settings: { ...DEFAULT_REWARD, delta: 1 } }).reward).toBe(1)
  })

  test('without a call e is null and counts 0', () => {
    const right = answering(['a.py'], [f, g])
    const settings = { ...DEFAULT_REWARD, delta: 1 }
    expect(rewardOf(right, null, { gold: GOLD, settings })).toMatchObject({ reward: 1, f1: 1, efficiency: null })
  })

  test('without function gold F1 is that of the files', () => {
    const gold = { files: ['a.py'], functions: [] }
    const outcome = rewardOf(HALF, 0, { gold, settings: DEFAULT_REWARD })
    expect(outcome.f1).toBeCloseTo(2 / 3, 12)
    expect(outcome.functionF1).toBeNull()
  })
})
