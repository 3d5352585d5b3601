import { expect, it } from 'vitest'
import { jsonLine, readJsonLines } from './index.ts'

it('numbers the lines from 1 and skips blank ones', () => {
  expect([...readJsonLines('\uFEFF{"a":1}\r\n\n2\n')]).toEqual([
    { ok: true, line: 1, value: { a: 1 } },
    { ok: true, line: 3, value: 2 },
  ])
})

it('reads back what it writes, for any text', () => {
  const value = { text: 'a\nb\u2028\uD800"' }
  expect([...readJsonLines(jsonLine(value))]).toEqual([{ ok: true, line: 1, value }])
})

it('accepts a complete last line without its newline', () => {
  expect([...readJsonLines('1\n2')]).toHaveLength(2)
})

it('distinguishes a cut-off last line from a broken one', () => {
  expect([...readJsonLines('1\n{"a":')]).toMatchObject([{ ok: true }, { ok: false, line: 2, isTorn: true }])
  expect([...readJsonLines('{"a":\n1\n')]).toMatchObject([{ ok: false, line: 1, isTorn: false }, { ok: true }])
  expect([...readJsonLines('{"a":\n')]).toMatchObject([{ ok: false, isTorn: false }])
})

it('finds nothing in an empty text', () => {
  expect([...readJsonLines('')]).toEqual([])
})
