import { expect, test } from 'vitest'
import { fitAdded } from '../learn/fit.ts'
import { fitEncoder, isFirstRight, likelihood, reordered } from './fit-encoder.ts'
import type { SimilaritySample } from './similarity-samples.ts'

/** Two files; the encoder says `near` of the second one, and `isSecond` tells whether that is right. */
function sample(repository: number, chance: number, said: { near: number; isSecond: boolean }): SimilaritySample {
  const { near, isSecond } = said
  const ranking = { scores: [0.5, 0], similarities: [-near, 0, near, 0], isGold: [!isSecond, isSecond] }
  return { repo: `owner/r${repository}`, chance, files: ranking, functions: ranking }
}

const many = (count: number, make: (index: number) => SimilaritySample): SimilaritySample[] =>
  Array.from({ length: count }, (_, index) => make(index))

test('the weights of added features make the gold entries most likely, against a small pull', () => {
  const features = [1, 0, 0, 0]
  const [first, second] = fitAdded([{ scores: [0, 0], features, isGold: [true, false] }])
  // The slope 1 / (1 + e^w) equals the pull 0.05 · w at w = 2.126, by hand.
  expect(first).toBeCloseTo(2.126, 2)
  expect(second).toBe(0)
  // Scores that say the same leave less to say: 1 / (1 + e^(w + 2)) = 0.05 · w at w = 0.973.
  const [less] = fitAdded([{ scores: [2, 0], features, isGold: [true, false] }])
  expect(less).toBeCloseTo(0.973, 2)
})

test('likelihood and order of a ranking', () => {
  // e^(0.9 · ln 3 / 0.9) = 3 to 1.
  const scores = [Math.log(3) / 0.9, 0]
  expect(likelihood(scores, [true, false])).toBeCloseTo(Math.log(0.75))
  expect(likelihood(scores, [false, true])).toBeCloseTo(Math.log(0.25))
  expect(likelihood(scores, [false, false])).toBe(0)
  expect(likelihood(scores, [true, true])).toBe(0)
  const ranking = { scores: [1, 0], similarities: [0.1, 0.2, 0.5, 0.6], isGold: [false, true] }
  expect(reordered(ranking, { best: 2, outline: 3 })).toEqual([1 + 0.2 + 0.2 * 3, 1 + 0.6 * 3])
  expect(isFirstRight(reordered(ranking, { best: 2, outline: 3 }), ranking.isGold)).toBe(true)
  expect(isFirstRight([], [])).toBe(false)
})

test('the threshold is where the encoder helps repositories that took no part', () => {
  // Where the ranking is in great doubt the encoder is right, elsewhere it is wrong.
  const helped = many(24, (index) => sample(index % 12, 0.35, { near: 0.2, isSecond: true }))
  const harmed = many(48, (index) => sample(index % 12, 0.55, { near: 0.2, isSecond: false }))
  const fit = fitEncoder([...helped, ...harmed])
  expect(fit?.weights.doubt).toBe(0.4)
  expect(fit?.weights.file.best).toBeGreaterThan(1)
  expect(fit?.weights.file.outline).toBe(0)
  expect(fit?.weights.function.own).toBe(fit?.weights.file.best)
  // Of no threshold below 0.4 are there searches; each of the 24 is put right.
  expect(fit?.rows[0]).toMatchObject({ doubt: 0.4, searches: 24, firstRight: 24 })
  expect(fit?.rows.find(({ doubt }) => doubt === 0.6)?.gain).toBeLessThan(fit?.rows[0]?.gain ?? 0)
})

test('nothing is fitted where nothing is gained, or hardly anything is in doubt', () => {
  const senseless = many(24, (index) =>
    sample(index % 12, 0.35, { near: index % 2 === 0 ? 0.2 : -0.2, isSecond: index % 4 < 2 }),
  )
  expect(fitEncoder(senseless)?.weights.file.best ?? 0).toBeLessThan(0.5)
  expect(fitEncoder(many(19, (index) => sample(index, 0.35, { near: 0.2, isSecond: true })))).toBeUndefined()
  expect(fitEncoder([])).toBeUndefined()
})
