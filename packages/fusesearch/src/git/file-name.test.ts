import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { array, assert, constantFrom, oneof, property, string } from 'fast-check'
import { expect, it } from 'vitest'
import { distinctFileNames, toFileName } from './file-name.ts'

const anyText = oneof(
  string({ unit: 'binary' }),
  string({
    unit: constantFrom('\uD800', '\uDC00', '.', '/', '%', '~', '\0', 'a', 'A', '\u00e9', '\u0e9a'),
    maxLength: 6,
  }),
  string({ unit: constantFrom('a', 'A'), minLength: 195, maxLength: 310 }),
)

it('keeps ordinary names unchanged', () => {
  for (const name of ['django__django-11099', 'o+n', 'a.b@c_d', 'X-1']) expect(toFileName(name)).toBe(name)
  expect(['a/b', '..', '.x', '\n', 'a b', '\u00e9'].map(toFileName)).toEqual([
    'a%2fb',
    '%2e.',
    '%2ex',
    '%0a',
    'a%20b',
    '%c3%a9',
  ])
})

it('cuts long names, and distinguishes those with the same beginning', () => {
  const [one, other] = [`${'x'.repeat(300)}1`, `${'x'.repeat(300)}2`].map(toFileName)
  expect(one).toMatch(/^x{179}~[\da-f]{20}$/)
  expect(one).not.toBe(other)
})

it('gives different texts different names that every file system accepts', () => {
  assert(
    property(anyText, anyText, (one, other) => {
      for (const name of [one, other].map(toFileName)) expect(name).toMatch(/^[\w@+%~-][\w.@+%~-]{0,199}$/)
      expect(toFileName(one) === toFileName(other)).toBe(one === other)
    }),
    { numRuns: 1_000 },
  )
})

it('keeps names different if case is ignored', () => {
  assert(
    property(array(anyText), (texts) => {
      const names = distinctFileNames(texts)
      const folded = new Set([...names.values()].map((name) => name.toLowerCase()))
      expect(folded.size).toBe(new Set(texts).size)
    }),
  )
  const names = distinctFileNames(['Foo', 'foo', 'bar'])
  expect(names.get('bar')).toBe('bar')
  expect(names.get('Foo')).toMatch(/^Foo~/)
})

it('can be written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fusesearch-names-'))
  try {
    const texts = ['x'.repeat(5_000), '\u00e9'.repeat(300), '../../x', 'nul\0', 'CON', '\uD800', '', '.', '..', 'a\nb']
    for (const name of distinctFileNames(texts).values()) writeFileSync(join(folder, `${name}.jsonl.part`), '')
    expect(readdirSync(folder)).toHaveLength(texts.length)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
