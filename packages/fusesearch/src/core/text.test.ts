import { expect, test } from 'vitest'
import { replaceSpans, trimEndOf, trimOf } from './text.ts'

const COMMENT = { start: /<!--/, end: /-->/ }
const MANY = 1_000_000

test('characters are removed from the ends and stay in the middle', () => {
  expect(trimOf('..a.b.', '.')).toBe('a.b')
  expect(trimOf('`"a`', '`"')).toBe('a')
  expect(trimEndOf('/a//', '/')).toBe('/a')
  expect([trimOf('...', '.'), trimEndOf('', '.'), trimEndOf('a', '')]).toEqual(['', '', 'a'])
})

test('spans are replaced from a start to the nearest end', () => {
  expect(replaceSpans('a<!--b-->c<!--d--><!---->e', COMMENT, '|')).toBe('a|c||e')
  expect(replaceSpans('a<!--b<!--c-->d-->e', COMMENT, '')).toBe('ad-->e')
  expect(replaceSpans('-->a<!--b', COMMENT, '|')).toBe('-->a<!--b')
  expect(replaceSpans('<!-->a-->b', COMMENT, '|')).toBe('|b')
})

test('each takes linear time', () => {
  expect(trimEndOf(`${'/'.repeat(MANY)}a`, '/')).toHaveLength(MANY + 1)
  expect(trimOf('.'.repeat(MANY), '.')).toBe('')
  expect(replaceSpans('<!--'.repeat(MANY), COMMENT, '')).toHaveLength(4 * MANY)
})
