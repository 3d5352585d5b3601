import { expect, test } from 'vitest'
import { firstLines, tokensOf } from './budget.ts'

test('counts three bytes a token, of the larger form', () => {
  expect(tokensOf({ a: 1 }, '')).toBe(3)
  expect(tokensOf({}, 'é'.repeat(6))).toBe(4)
})

test('cuts at lines, by the longer of text and JSON', () => {
  // Each line takes one byte, plus two for its end.
  expect(firstLines('a\nb\nc', 6)).toEqual({ text: 'a\nb', left: 1 })
  expect(firstLines('a\nb\nc', 9)).toEqual({ text: 'a\nb\nc', left: 0 })
  expect(firstLines('"""\nb', 7)).toEqual({ text: '', left: 2 })
  expect(firstLines('é', 3)).toEqual({ text: '', left: 1 })
})
