import { expect, test } from 'vitest'
import { foldsOf } from './folds.ts'

test('all cases of a letter', () => {
  expect(foldsOf('7')).toEqual(['7'])
  expect(foldsOf('a')).toEqual(['A', 'a'])
  expect(foldsOf('k')).toEqual(['K', 'k', '\u212a'])
  expect(foldsOf('Ж')).toEqual(['Ж', 'ж'])
  expect(foldsOf('σ')).toEqual(['Σ', 'ς', 'σ'])
  expect(foldsOf('ß')).toEqual(['ß', 'ẞ'])
  expect(foldsOf('語')).toEqual(['語'])
  expect(foldsOf('𐐨')).toEqual(['𐐀', '𐐨'])
})
