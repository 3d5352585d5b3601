import { createRng } from 'fusesearch/core'
import { OPTION_KINDS, OWN_WIDTH, offsetOf, STATE_WIDTH, STRATEGY_SIZE, type TermEvidence } from 'fusesearch/policies'
import { describe, expect, test } from 'vitest'
import {
  cloningLoss,
  type GrpoSettings,
  groupAdvantages,
  grpoLoss,
  type Loss,
  logProbabilities,
  type PackedChoice,
  packChoice,
  updateAdvantages,
  type WeightedChoice,
} from './choice-loss.ts'
import { type LengthSample, lengthLoss } from './length-loss.ts'
import { type RankingParameters, type RankingSample, rankingLoss, shareFeatures } from './ranking-loss.ts'

const rng = createRng(3)
const STEP = 1e-5

function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
}

function vector(size: number, scale = 1): Float64Array {
  return Float64Array.from({ length: size }, () => scale * normal())
}

/** A decision between two to six options of any kinds; several may have the same kind. */
function anyChoice(): PackedChoice {
  const options = Array.from({ length: 2 + rng.integer(5) }, () => {
    const kind = OPTION_KINDS[rng.integer(OPTION_KINDS.length)] ?? 'end'
    return { kind, own: Array.from({ length: OWN_WIDTH }, () => rng.next()) }
  })
  const state = Array.from({ length: STATE_WIDTH }, () => rng.next())
  return packChoice({ state, options, chosen: rng.integer(options.length) })
}

/** Numbers in [0, 1). */
function positive(size: number): Float32Array {
  return Float32Array.from({ length: size }, () => rng.next())
}

/** An answer with up to this many entries. */
function anyLength(entries: number): LengthSample {
  return {
    state: positive(STATE_WIDTH),
    own: positive(Math.max(0, entries - 1) * OWN_WIDTH),
    f1: positive(entries),
  }
}

/** The gradient of `loss` by central differences (f(x + h) - f(x - h)) / 2h. */
function byDifferences(loss: (parameters: Float64Array) => Loss, at: Float64Array): number[] {
  return Array.from(at, (_, index) => {
    const [above, below] = [1, -1].map((sign) => {
      const moved = Float64Array.from(at)
      moved[index] = (moved[index] ?? 0) + sign * STEP
      return loss(moved).loss
    })
    return ((above ?? 0) - (below ?? 0)) / (2 * STEP)
  })
}

function expectTrueGradient(loss: (parameters: Float64Array) => Loss, at: Float64Array): void {
  const { gradient } = loss(at)
  const expected = byDifferences(loss, at)
  const away = expected.map((slope, index) => Math.abs(slope - (gradient[index] ?? 0)))
  expect(Math.max(...away)).toBeLessThan(1e-7)
  // A test on zeros would pass for any gradient.
  expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(1e-3)
}

test('packed decisions have the probabilities of a softmax', () => {
  const own = [1, 0, 0, 0, 0, 0, 0, 0]
  const state = [1, ...Array.from({ length: STATE_WIDTH - 1 }, () => 0)]
  const options = [
    { kind: 'end' as const, own },
    { kind: 'read' as const, own },
  ]
  const parameters = new Float64Array(STRATEGY_SIZE)
  parameters[offsetOf('read') + STATE_WIDTH] = Math.log(3)
  parameters[offsetOf('end')] = Math.log(2)
  // Scores ln 2 and ln 3: probabilities 2/5 and 3/5.
  const logs = logProbabilities(parameters, packChoice({ state, options, chosen: 0 }))
  expect(Array.from(logs, Math.exp)).toEqual([expect.closeTo(0.4, 12), expect.closeTo(0.6, 12)])
})

test('the gradient of behaviour cloning matches its loss', () => {
  const choices = Array.from({ length: 12 }, anyChoice)
  expectTrueGradient((parameters) => cloningLoss(parameters, choices), vector(STRATEGY_SIZE))
})

test('cloning nothing has loss 0', () => {
  const { loss, gradient } = cloningLoss(vector(STRATEGY_SIZE), [])
  expect(loss).toBe(0)
  expect(gradient.every((value) => value === 0)).toBe(true)
})

describe('the gradient of GRPO matches its loss', () => {
  const parameters = vector(STRATEGY_SIZE, 0.5)
  const choices = Array.from({ length: 24 }, anyChoice)

  /** Decisions whose ratio is exp(`shift`) at the parameters. */
  function weighted(shift: number, advantageOf: () => number): WeightedChoice[] {
    return choices.map((choice) => {
      const oldLog = (logProbabilities(parameters, choice)[choice.chosen] ?? 0) - shift
      return {
        choice,
        advantage: advantageOf(),
        oldLog,
        reference: logProbabilities(vector(STRATEGY_SIZE, 0.5), choice),
      }
    })
  }
  const settings: GrpoSettings = { clip: 0.2, kl: 0, entropy: 0 }

  test.each([
    { name: 'inside the clip', shift: 0.05, advantageOf: normal },
    { name: 'above the clip with a bad advantage, which is not clipped', shift: 0.5, advantageOf: () => -0.7 },
    { name: 'below the clip with a good advantage, which is not clipped', shift: -0.5, advantageOf: () => 0.7 },
    { name: 'the divergence alone', shift: 0, advantageOf: () => 0, more: { kl: 0.3 } },
    { name: 'the entropy alone', shift: 0, advantageOf: () => 0, more: { entropy: 0.2 } },
    { name: 'all of it', shift: 0.05, advantageOf: normal, more: { kl: 0.1, entropy: 0.05 } },
  ])('$name', ({ shift, advantageOf, more = {} }) => {
    const weights = weighted(shift, advantageOf)
    const loss = (at: Float64Array): ReturnType<typeof grpoLoss> => grpoLoss(at, weights, { ...settings, ...more })
    expectTrueGradient(loss, parameters)
    expect(loss(parameters).clipped).toBe(0)
  })

  test("if some are clipped and some aren't", () => {
    const weights = weighted(0.5, () => (rng.next() < 0.5 ? 1 : -1))
    const good = weights.filter(({ advantage }) => advantage > 0).length
    const loss = (at: Float64Array): ReturnType<typeof grpoLoss> => grpoLoss(at, weights, { ...settings, kl: 0.1 })
    expectTrueGradient(loss, parameters)
    expect(loss(parameters).clipped).toBeCloseTo(good / choices.length)
    expect(good % choices.length).toBeGreaterThan(0)
  })

  test.each<[string, number, number]>([
    ['above with a good advantage', 0.5, 1],
    ['below with a bad advantage', -0.5, -1],
  ])('what is clipped has none: %s', (_, shift, advantage) => {
    const { gradient, clipped, loss } = grpoLoss(
      parameters,
      weighted(shift, () => advantage),
      settings,
    )
    expect(clipped).toBe(1)
    expect(gradient.every((value) => value === 0)).toBe(true)
    // Minus the clipped ratio times the advantage: -1.2 · 1 and -0.8 · -1.
    expect(loss).toBeCloseTo(advantage > 0 ? -1.2 : 0.8)
  })

  test('at the reference the divergence is 0; probabilities of 1/2 have an entropy of ln 2', () => {
    const options = [0, 0].map(() => ({ kind: 'read' as const, own: Array.from({ length: OWN_WIDTH }, () => 0.5) }))
    const choice = packChoice({ state: Array.from({ length: STATE_WIDTH }, () => 1), options, chosen: 0 })
    const reference = logProbabilities(parameters, choice)
    const loss = grpoLoss(parameters, [{ choice, advantage: 1, oldLog: Math.log(0.5), reference }], settings)
    expect(loss).toMatchObject({ kl: 0, clipped: 0 })
    expect(loss.loss).toBeCloseTo(-1, 12)
    expect(loss.entropy).toBeCloseTo(Math.LN2)
  })
})

describe('rankings', () => {
  const width = 4
  const [traits, terms] = [3, 5]
  const anySample = (gold: number, entries: number): RankingSample => ({
    features: Float32Array.from(vector(width * entries)),
    isGold: Uint8Array.from({ length: entries }, (_, index) => (index < gold ? 1 : 0)),
    // Every entry has two of the terms; the third column counts how often, the first whether at all.
    evidence: {
      traits: positive(terms * traits),
      ends: Int32Array.from({ length: entries }, (_, entry) => 2 * (entry + 1)),
      terms: Int16Array.from({ length: 2 * entries }, (_, index) => (index % 2) + rng.integer(terms - 1)),
      gains: positive(2 * entries),
      shares: [
        { feature: 'often', values: positive(terms), isPresence: false },
        { feature: 'at all', values: positive(terms), isPresence: true },
        { feature: 'never', values: new Float32Array(terms), isPresence: false },
      ],
    },
    columns: [2, 0, 1],
  })
  const parametersOf = (all: Float64Array): RankingParameters => {
    return { features: all.subarray(0, width), traits: all.subarray(width) }
  }

  test('the gradient matches the loss, with one or more gold entries, for features and traits of terms', () => {
    const samples = [anySample(1, 5), anySample(3, 7), anySample(0, 4), anySample(2, 2), anySample(1, 2)]
    expectTrueGradient((all) => rankingLoss(parametersOf(all), samples), vector(width + traits))
  })

  test('a higher weight of a term raises the share of the entries that have it', () => {
    // Two terms of value 1; the first entry has the first, the other the second: shares of 1/2 each.
    const evidence: TermEvidence = {
      traits: Float32Array.of(1, 0),
      ends: Int32Array.of(1, 2),
      terms: Int16Array.of(0, 1),
      gains: Float32Array.of(1, 1),
      shares: [{ feature: 'lexical', values: Float32Array.of(1, 1), isPresence: false }],
    }
    const valuesAt = (weight: number): number[] =>
      shareFeatures(evidence, Float64Array.of(weight)).flatMap(({ values }) => [...values])
    expect(valuesAt(0)).toEqual([0.5, 0.5])
    // e^ln3 against 1.
    expect(valuesAt(Math.log(3))).toEqual([expect.closeTo(0.75), expect.closeTo(0.25)])
  })

  test('the loss is minus the log of the summed probability of the gold entries', () => {
    // Scores 0, 0, 0 at weights of 0: two of three are gold.
    const { loss } = rankingLoss(parametersOf(new Float64Array(width + traits)), [anySample(2, 3)])
    expect(loss).toBeCloseTo(-Math.log(2 / 3))
  })

  test('without gold, or with only gold, they have no gradient', () => {
    const { loss, gradient } = rankingLoss(parametersOf(vector(width + traits)), [anySample(0, 4), anySample(4, 4)])
    expect([loss, ...gradient]).toEqual(Array.from({ length: 1 + width + traits }, () => 0))
  })
})

describe('lengths of answers', () => {
  const none = [...vector(STATE_WIDTH, 0.3)]
  test('the gradient matches the loss, for answers of up to four entries', () => {
    const samples = [4, 2, 3, 1, 0].map(anyLength)
    expectTrueGradient((add) => lengthLoss({ add, none }, samples), vector(STATE_WIDTH + OWN_WIDTH, 0.3))
  })

  test('the loss is minus the mean F1 over all lengths, weighted by their probabilities', () => {
    const sample = { ...anyLength(3), f1: Float32Array.of(0.5, 1, 0.25) }
    // Scores of 0 everywhere: each entry is added with probability 1/2. 1/2 · 0.5 + 1/4 · 1 + 1/4 · 0.25.
    const zero = Array.from({ length: STATE_WIDTH }, () => 0)
    const { loss } = lengthLoss({ add: new Float64Array(STATE_WIDTH + OWN_WIDTH), none: zero }, [sample, anyLength(0)])
    expect(loss).toBeCloseTo(-0.5625)
  })
})

test('advantages are rewards minus their mean, over their standard deviation; equal rewards have none', () => {
  // Mean 0.5, deviations ±0.5: the standard deviation is 0.5.
  expect(groupAdvantages([0, 1, 0, 1])).toEqual([-1, 1, -1, 1])
  // Mean 2, squares 4, 0, 4 over 3: deviation √(8/3).
  expect(groupAdvantages([0, 2, 4])).toEqual([-2, 0, 2].map((away) => expect.closeTo(away / Math.sqrt(8 / 3), 12)))
  expect(groupAdvantages([0.3, 0.3, 0.3])).toEqual([0, 0, 0])
  expect(groupAdvantages([])).toEqual([])
})

test('advantages over an update: groups with similar rewards count little', () => {
  // Away from their means: ±1 and ±0.1; their deviation is √(2.02 / 4).
  const deviation = Math.sqrt(2.02 / 4)
  const [wide, narrow] = updateAdvantages([
    [0, 2],
    [0.4, 0.6],
  ])
  expect(wide).toEqual([-1, 1].map((away) => expect.closeTo(away / deviation, 12)))
  expect(narrow).toEqual([-0.1, 0.1].map((away) => expect.closeTo(away / deviation, 12)))
  expect(updateAdvantages([[1, 1], [], [3]])).toEqual([[0, 0], [], [0]])
})
