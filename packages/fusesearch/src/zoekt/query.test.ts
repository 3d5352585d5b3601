import { expect, test } from 'vitest'
import { contentQuery } from './query.ts'

function query(pattern: string, { ignoreCase = false, literal = false, word = false } = {}): string {
  return contentQuery({ pattern, ignoreCase, literal, word })
}

test('a text is looked up, and a word as one', () => {
  expect(query('cart')).toBe('( ( case:yes content:"cart" ) )')
  expect(query('cart', { word: true })).toBe('( ( case:yes content:"\\\\bcart\\\\b" ) )')
  expect(query('cart', { ignoreCase: true })).toBe('( ( case:no content:"cart" ) )')
})

test('letters vary with a form that the index does not fold, in every script', () => {
  expect(query('gross', { ignoreCase: true })).toBe(
    '( ( case:no content:"gross" or content:"grosſ" or content:"groſs" or content:"groſſ" ) )',
  )
  expect(query('жук', { ignoreCase: true, literal: true })).toBe('( ( case:no content:"жук" ) )')
  expect(query('σά', { ignoreCase: true, literal: true })).toBe(
    '( ( case:yes content:"ΣΆ" or content:"Σά" or content:"ςΆ" or content:"ςά" or content:"σΆ" or content:"σά" ) )',
  )
})

test('a part of a text with too many variants is enough, except where the text itself decides', () => {
  expect(query('σσσσσά', { ignoreCase: true, literal: true })).toMatch(
    /^\( \( case:no (?:content:"[σς]{4}ά"(?: or )?){16} \) \)$/,
  )
  expect(query('ssssss', { ignoreCase: true, literal: true })).toMatch(
    /^\( \( case:no content:"(?:\[[^\]]+\]){6}" \) \)$/,
  )
})

test('a short text is looked for exactly, in each of its cases', () => {
  expect(query('v2', { ignoreCase: true })).toBe('( ( case:yes content:"V2" or content:"v2" ) )')
  expect(query('(?:\\b|_)(?:v2)(?:\\b|_)|[a-z](?:V2)[A-Z_]|\\bv2[A-Z]', { ignoreCase: true })).toBe(
    '( ( case:yes content:"V2" or content:"v2" ) )',
  )
  expect(query('\\bdb\\b|[a-z]DB')).toBe('( ( case:yes content:"db" or content:"DB" ) )')
})

test('without a text it is an expression', () => {
  expect(query('\\w+x\\(')).toBe('( ( case:yes content:"x\\\\(" ) )')
  expect(query('[ab]+c')).toBe('( ( case:yes content:"[ab]+c" ) )')
})
