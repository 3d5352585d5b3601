import { expect, test } from 'vitest'
import { makeQuery, scoreDocuments } from './bm25.ts'
import { createCounter, stem, termsOfText, termsOfWord } from './terms.ts'

test('identifiers split at case and underscore, and keep the whole word', () => {
  expect(termsOfWord('getHTTPResponse')).toEqual(['get', 'http', 'response', 'gethttpresponse'])
  expect(termsOfWord('_load_value')).toEqual(['load', 'value', '_load_value'])
  expect(termsOfWord('values')).toEqual(['value'])
  expect(termsOfWord('x')).toEqual([])
  expect(termsOfText('Fields.loads(x1)')).toEqual(['field', 'load'])
})

test('stems are light', () => {
  expect(['entries', 'parsing', 'parsed', 'boxes', 'classes', 'fields', 'class', 'is'].map(stem)).toEqual([
    'entry',
    'pars',
    'pars',
    'box',
    'class',
    'field',
    'class',
    'is',
  ])
})

test('BM25 as computed by hand', () => {
  const query = makeQuery(['load', 'field', 'load'])
  expect(query.weights).toEqual([2, 1])
  const count = createCounter(query)
  const documents = ['load load other', 'field', 'more words here'].map(count)
  expect(documents.map(({ length }) => length)).toEqual([3, 1, 3])
  expect([...(documents[0]?.counts ?? [])]).toEqual([2, 0])
  const scores = scoreDocuments(query, documents)
  // N = 3, df = 1: idf = ln(1 + 2.5 / 1.5) = 0.98083; mean length 7/3.
  // First: norm = 1.2 · (0.25 + 0.75 · 3 / (7/3)) = 1.45714; 2 · 0.98083 · 2 · 2.2 / 3.45714 = 2.49665.
  expect(scores[0]).toBeCloseTo(2.49665, 4)
  // Second: norm = 1.2 · (0.25 + 0.75 · 3/7) = 0.685714; 0.98083 · 2.2 / 1.685714 = 1.28006.
  expect(scores[1]).toBeCloseTo(1.28006, 4)
  expect(scores[2]).toBe(0)
})

test('no documents and no query give no scores', () => {
  expect(scoreDocuments(makeQuery([]), [])).toEqual([])
  expect(scoreDocuments(makeQuery([]), [createCounter(makeQuery([]))('a text')])).toEqual([0])
})
