import { expect, test } from 'vitest'
import { toGoExpression } from './expression.ts'

function go(pattern: string, ignoreCase = false, literal = false): string {
  return toGoExpression({ pattern, literal, ignoreCase })
}

test('boundaries and anchors are left out, and classes include more characters', () => {
  expect(go('^fo+\\b$')).toBe('(?:)fo+(?:)(?:)')
  expect(go('\\w+\\(')).toBe('[0-9A-Za-z_\\x{80}-\\x{10ffff}]+\\(')
  expect(go('[^\\w-]x{1,3}?')).toBe('[^\\n0-9A-Za-z_-]x{1,3}?')
  expect(go('[\\W]')).toBe('[^\\n]')
  expect(go('(?:a|b)(c).')).toBe('(?:a|b)(c)[^\\n]')
  expect(go('[]a]')).toBe('[\\]a]')
})

test('a letter that matches another one ignoring case becomes a set', () => {
  expect(go('aks', true)).toBe('a[Kk\\x{212a}][Ss\\x{17f}]')
  expect(go('é.', true)).toBe('[\\x{c9}\\x{e9}][^\\n]')
  expect(go('語', true)).toBe('語')
  expect(go('é.', false, true)).toBe('é\\.')
  expect(go('a.b(', false, true)).toBe('a\\.b\\(')
})
