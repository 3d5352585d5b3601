import { expect, test } from 'vitest'
import { createRng } from '../../../core/index.ts'
import { type Option, optionOf, STATE_WIDTH } from './features.ts'
import { HAND_STRATEGY } from './hand.ts'
import { createDecider, partsOf, STRATEGY_SIZE, strategyOf, toVector } from './strategy.ts'

const decider = createDecider(HAND_STRATEGY)
const rng = createRng(7)

/** A state of a bias and anything. */
function anyState(): number[] {
  return Array.from({ length: STATE_WIDTH }, (_, index) => (index === 0 ? 1 : rng.next()))
}

function term(value: number, partner = 0): Option {
  const [weight, isIdentifier, isInTitle, length, rank] = [rng.next(), rng.next(), rng.next(), rng.next(), rng.next()]
  return optionOf('term', { value, weight, isIdentifier, isInTitle, length, partner, rank })
}

function end(isWideEnough: number, isPartnerMissing: number): Option {
  const [bestValue, isNothingWorth, secondValue, calls] = [rng.next(), rng.next(), rng.next(), rng.next()]
  return optionOf('end', { isWideEnough, bestValue, isNothingWorth, secondValue, isPartnerMissing, calls })
}

/** What the hand rules say, before they were numbers: the best call, until wide enough or nothing promises 0.22. */
function byRule(values: readonly number[], isWideEnough: boolean): number {
  return !isWideEnough && (values[0] ?? 0) > 0.22 ? 1 : 0
}

test('the hand strategy takes the best call while it promises enough, and ends the turn when it is wide enough', () => {
  for (let round = 0; round < 500; round += 1) {
    const values = Array.from({ length: 5 }, () => rng.next()).sort((a, b) => b - a)
    const isWideEnough = rng.next() < 0.3
    const options = [end(isWideEnough ? 1 : 0, 0), ...values.map((value) => term(value))]
    expect(decider.choose(anyState(), options)).toBe(byRule(values, isWideEnough))
  }
})

test('a lone grep gets its partner, however little that promises and however wide the turn is', () => {
  const options = [end(1, 1), term(0.9), term(0.05, 1)]
  expect(decider.choose(anyState(), options)).toBe(2)
  expect(decider.choose(anyState(), [end(0, 1), term(0.05, 1)])).toBe(1)
})

test.each<['add-file' | 'add-function', number]>([
  ['add-file', 0.8],
  ['add-function', 0.85],
])('%s needs a chance of the margin times the first one', (kind, margin) => {
  const add = (ratio: number): Option => {
    const shared = { ratio, chance: rng.next(), first: rng.next() }
    return kind === 'add-file'
      ? optionOf(kind, { ...shared, isSameFolder: 1, named: 1, titleLexical: 1 })
      : optionOf(kind, { ...shared, isSameFile: 1, isSameClass: 1, name: 1 })
  }
  const none = optionOf('none', {})
  for (let ratio = 0.005; ratio < 1; ratio += 0.01) {
    expect(decider.choose(anyState(), [none, add(ratio)])).toBe(ratio > margin ? 1 : 0)
  }
})

test('a strategy by names holds them in their places; a name that there is not is our bug', () => {
  expect(HAND_STRATEGY.end.own).toEqual([12, 0, 0, 0, -24, 0, 0, 0])
  expect(HAND_STRATEGY.term.own).toEqual([12, 0, 0, 0, 0, 12, 0, 0])
  expect(HAND_STRATEGY.read.own).toEqual([12, 0, 0, 0, 0, 0, 0, 0])
  expect(HAND_STRATEGY.end.state[0]).toBeCloseTo(2.64)
  expect(toVector(HAND_STRATEGY)).toHaveLength(STRATEGY_SIZE)
  expect(() => strategyOf({ read: { own: { partner: 1 } } })).toThrow('partner')
})

test('a strategy comes back from its parts', () => {
  const exact = partsOf(HAND_STRATEGY, (value) => value)
  expect(exact.read).toEqual({ state: {}, own: { value: 12 } })
  expect(exact.none).toBeUndefined()
  expect(strategyOf(exact)).toEqual(HAND_STRATEGY)
})
