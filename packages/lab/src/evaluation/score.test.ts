import type { Answer } from 'fusesearch/agent'
import { expect, test } from 'vitest'
import { accuracyAt, EMPTY_PREDICTION, scoreAnswer, scorePrediction, scoreSets } from './score.ts'

test('sets: two of three answers are right and two of four gold entries are found', () => {
  const score = scoreSets(['a', 'b', 'x'], ['a', 'b', 'c', 'd'])
  expect(score.precision).toBeCloseTo(2 / 3)
  expect(score.recall).toBe(0.5)
  expect(score.f1).toBeCloseTo(4 / 7)
})

test('sets: repeats count once, an empty answer scores zero', () => {
  expect(scoreSets(['a', 'a'], ['a', 'a'])).toEqual({ precision: 1, recall: 1, f1: 1 })
  expect(scoreSets([], ['a'])).toEqual({ precision: 0, recall: 0, f1: 0 })
  expect(scoreSets(['b'], ['a'])).toEqual({ precision: 0, recall: 0, f1: 0 })
})

test('Acc@k clips gold to k, as LocAgent does', () => {
  const ranked = ['a', 'x', 'b', 'c', 'd']
  expect(accuracyAt(ranked, ['a', 'b'], 1)).toBe(1)
  expect(accuracyAt(ranked, ['a', 'b'], 3)).toBe(1)
  expect(accuracyAt(ranked, ['a', 'b', 'c', 'd'], 3)).toBe(0)
  expect(accuracyAt(ranked, ['a', 'b', 'c', 'd'], 5)).toBe(1)
  expect(accuracyAt(['x', 'a'], ['a'], 1)).toBe(0)
  expect(accuracyAt(['a', 'a', 'b'], ['a', 'b'], 3)).toBe(1)
  expect(accuracyAt([], ['a'], 5)).toBe(0)
})

test("a function is identified by path and qualified name; lines don't matter", () => {
  const answer: Answer = {
    files: [
      {
        path: 'a.py',
        score: 1,
        functions: [{ name: 'C.run', startLine: 1, endLine: 9, score: 1 }],
        evidence: [],
      },
    ],
    candidates: {
      files: [{ path: 'b.py', score: 1 }],
      functions: [{ path: 'b.py', name: 'C.run', startLine: 1, endLine: 9, score: 1 }],
    },
    confidence: 1,
  }
  const score = scoreAnswer(answer, { files: ['a.py'], functions: [{ path: 'a.py', name: 'C.run' }] })
  expect(score.file).toEqual({ precision: 1, recall: 1, f1: 1, accAt1: 0, accAt3: 0, accAt5: 0 })
  expect(score.function?.f1).toBe(1)
  expect(score.function?.accAt1).toBe(0)
})

test('a level without gold has no score', () => {
  const score = scorePrediction(EMPTY_PREDICTION, { files: ['a.py'], functions: [] })
  expect(score.function).toBeNull()
  expect(score.file).toEqual({ precision: 0, recall: 0, f1: 0, accAt1: 0, accAt3: 0, accAt5: 0 })
})
