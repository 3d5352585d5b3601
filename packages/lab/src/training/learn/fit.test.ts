import { type Choice, OWN_WIDTH, offsetOf, STATE_WIDTH, STRATEGY_SIZE } from 'fusesearch/policies'
import { describe, expect, test } from 'vitest'
import { calibrate, calibrationError, type Verdict } from './calibrate.ts'
import { logProbabilities, packChoice } from './choice-loss.ts'
import { createAdam, fitLength, fitRankings, fitStrategy, stepAdam } from './fit.ts'
import type { LengthSample } from './length-loss.ts'
import type { RankingSample } from './ranking-loss.ts'

describe('Adam', () => {
  const settings = { learningRate: 0.1, decay: 0 }

  test('first moves by the learning rate against the sign, for any size of the gradient', () => {
    const parameters = Float64Array.of(1, 1, 1)
    const state = createAdam(3)
    const gradient = Float64Array.of(5, -0.01, 0)
    stepAdam(parameters, { gradient, state, anchor: new Float64Array(3) }, settings)
    // m̂ / √v̂ = g / |g| after one step.
    expect([...parameters]).toEqual([expect.closeTo(0.9, 4), expect.closeTo(1.1, 4), 1])
    expect(state.step).toBe(1)
  })

  test('then uses both moments', () => {
    const parameters = Float64Array.of(0)
    const state = createAdam(1)
    const anchor = new Float64Array(1)
    stepAdam(parameters, { gradient: Float64Array.of(1), state, anchor }, settings)
    stepAdam(parameters, { gradient: Float64Array.of(-1), state, anchor }, settings)
    // First moments 0.1, then 0.9 · 0.1 - 0.1 = -0.01; second 0.01, then 0.99 · 0.01 + 0.01 = 0.0199.
    // Second step: -0.1 · (-0.01 / (1 - 0.81)) / √(0.0199 / (1 - 0.9801)) = 0.1 · 0.01 / 0.19.
    expect(state.first[0]).toBeCloseTo(-0.01, 12)
    expect(state.second[0]).toBeCloseTo(0.0199, 12)
    expect(parameters[0]).toBeCloseTo(-0.1 + (0.1 * 0.01) / 0.19, 6)
  })

  test('moves towards the anchor', () => {
    const parameters = Float64Array.of(3)
    const rest = { gradient: Float64Array.of(0), state: createAdam(1), anchor: Float64Array.of(1) }
    stepAdam(parameters, rest, { learningRate: 0.1, decay: 0.5 })
    expect(parameters[0]).toBeCloseTo(3 - 0.1 * 0.5 * 2)
  })

  test("refuses a gradient that isn't finite, and changes nothing", () => {
    const parameters = Float64Array.of(1)
    const state = createAdam(1)
    const rest = { gradient: Float64Array.of(Number.NaN), state, anchor: parameters }
    expect(() => stepAdam(parameters, rest, settings)).toThrow(RangeError)
    expect([parameters[0], state.step]).toEqual([1, 0])
  })
})

function verdicts(chance: number, right: number, wrong: number): Verdict[] {
  return Array.from({ length: right + wrong }, (_, index) => ({ chance, isRight: index < right }))
}

describe('calibration', () => {
  test('the error is the mean distance between stated probability and share of right ones, in ten bins', () => {
    // 0.95 stated and 8 of 10 right: 0.15 over 10. 0.25 stated and 1 of 4 right: 0 over 4. 1.5 / 14.
    expect(calibrationError([...verdicts(0.95, 8, 2), ...verdicts(0.25, 1, 3)])).toBeCloseTo(1.5 / 14)
    expect(calibrationError(verdicts(1, 3, 0))).toBe(0)
    expect(calibrationError([])).toBe(0)
  })

  test('lowers overconfident probabilities', () => {
    const boasts = [...verdicts(0.95, 300, 200), ...verdicts(0.6, 200, 300)]
    const { slope, bias } = calibrate(boasts)
    const stated = (chance: number): number => 1 / (1 + Math.exp(-slope * Math.log(chance / (1 - chance)) - bias))
    expect(stated(0.95)).toBeCloseTo(0.6, 1)
    expect(stated(0.6)).toBeCloseTo(0.4, 1)
    const after = boasts.map(({ chance, isRight }) => ({ chance: stated(chance), isRight }))
    expect(calibrationError(after)).toBeLessThan(calibrationError(boasts) / 5)
  })

  test('keeps probabilities that are calibrated', () => {
    expect(calibrate([])).toEqual({ slope: 1, bias: 0 })
    const { slope, bias } = calibrate([...verdicts(0.8, 80, 20), ...verdicts(0.2, 20, 80)])
    expect([slope, bias]).toEqual([expect.closeTo(1, 3), expect.closeTo(0, 3)])
  })

  test('a probability of 0 or 1 gives no infinity', () => {
    const { slope, bias } = calibrate([...verdicts(0, 1, 9), ...verdicts(1, 9, 1)])
    expect(Number.isFinite(slope) && Number.isFinite(bias)).toBe(true)
  })
})

describe('fitting', () => {
  const zeros = Array.from({ length: OWN_WIDTH }, () => 0)
  const choice = (chosen: number): Choice => ({
    state: [1, ...Array.from({ length: STATE_WIDTH - 1 }, () => 0)],
    options: [
      { kind: 'end', own: zeros },
      { kind: 'read', own: zeros },
    ],
    chosen,
  })

  test('cloning approaches the shares of the chosen options and depends only on its seed', () => {
    const choices = [0, 0, 0, 1].map((chosen) => packChoice(choice(chosen)))
    const options = { epochs: 400, learningRate: 0.05, seed: 1 }
    const fitted = fitStrategy(new Float64Array(STRATEGY_SIZE), choices, options)
    const [end = 0] = logProbabilities(fitted, packChoice(choice(0))).map(Math.exp)
    // The penalty towards the start keeps it slightly below 3/4.
    expect(end).toBeGreaterThan(0.7)
    expect(end).toBeLessThan(0.75)
    expect(fitted[offsetOf('term')]).toBe(0)
    expect(fitStrategy(new Float64Array(STRATEGY_SIZE), choices, options)).toEqual(fitted)
  })

  test('the length of answers: adds what raises F1, not what lowers it, and nothing without samples', () => {
    const add = new Float64Array(STATE_WIDTH + OWN_WIDTH)
    const none = Array.from({ length: STATE_WIDTH }, () => 0)
    const state = Float32Array.from(none)
    const sample = (place: number, f1: number[]): LengthSample => {
      const own = Float32Array.from({ length: OWN_WIDTH }, (_, index) => (index === place ? 1 : 0))
      return { state, own, f1: Float32Array.from(f1) }
    }
    const answers = Array.from({ length: 200 }, () => [sample(0, [0.5, 1]), sample(1, [1, 0.67])]).flat()
    const fit = fitLength({ add, none }, answers)
    expect(fit[STATE_WIDTH]).toBeGreaterThan(1)
    expect(fit[STATE_WIDTH + 1]).toBeLessThan(-1)
    // Fewer answers move the parameters less.
    expect(fitLength({ add, none }, answers.slice(0, 2))[STATE_WIDTH]).toBeLessThan((fit[STATE_WIDTH] ?? 0) / 2)
    expect(fitLength({ add, none }, [])).toEqual(add)
  })

  describe('ranking', () => {
    // The gold entry has the first of two terms, the other entry the second; the third column is the terms' share.
    const sample: RankingSample = {
      features: Float32Array.of(1, 0.5, 0.5, 0, 0.5, 0.5),
      isGold: Uint8Array.of(1, 0),
      evidence: {
        traits: Float32Array.of(1, 0),
        ends: Int32Array.of(1, 2),
        terms: Int16Array.of(0, 1),
        gains: Float32Array.of(1, 1),
        shares: [{ feature: 'lexical', values: Float32Array.of(1, 1), isPresence: false }],
      },
      columns: [2],
    }
    const anchor = { term: Float64Array.of(0), file: Float64Array.of(0, 2, 1), function: Float64Array.of(0, 2, 1) }

    test('learns which feature marks gold, and stays nearer to the anchor with a larger penalty', () => {
      const samples = { files: [sample], functions: [] }
      const [free, held] = [0.02, 1].map((prior) => fitRankings(samples, { anchor, prior, steps: 300 }).file)
      expect(free?.[0]).toBeGreaterThan(held?.[0] ?? 0)
      expect(held?.[0]).toBeGreaterThan(0)
      // Both entries have the same second feature, so its weight doesn't move.
      expect(free?.[1]).toBeCloseTo(2)
    })

    test('learns the weights of terms from both levels, and leaves a level without evidence unchanged', () => {
      const fit = fitRankings({ files: [sample], functions: [] }, { anchor, prior: 0.02, steps: 300 })
      expect(fit.term[0]).toBeGreaterThan(0.1)
      expect(fit.function).toEqual(anchor.function)
      const both = fitRankings({ files: [sample], functions: [sample] }, { anchor, prior: 0.02, steps: 300 })
      expect(both.term[0]).toBeGreaterThan(fit.term[0] ?? 0)
      expect(both.function).toEqual(both.file)
    })
  })
})
