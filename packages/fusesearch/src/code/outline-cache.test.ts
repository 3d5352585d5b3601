import { expect, test } from 'vitest'
import { OutlineCache, parseDefinitions } from './index.ts'

const text = 'def first():\n    pass\n'

test('parses a text once with a cache, and anew without', async () => {
  expect(await parseDefinitions(text, 'python')).not.toBe(await parseDefinitions(text, 'python'))
  const cached = { outlines: new OutlineCache(10_000) }
  const first = await parseDefinitions(text, 'python', cached)
  expect(await parseDefinitions(text, 'python', cached)).toBe(first)
  expect(await parseDefinitions(text, 'ruby', cached)).not.toBe(first)
  const others = await parseDefinitions(text.replace('first', 'other'), 'python', cached)
  expect(others.map(({ name }) => name)).toEqual(['other'])
  expect(await parseDefinitions(text, 'python', { outlines: new OutlineCache(10_000) })).not.toBe(first)
})

test('holds to the limit by forgetting what was used longest ago', async () => {
  const cached = { outlines: new OutlineCache(1_300) }
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `def ${name}():\n    pass\n`) as [string, string, string]
  const [firstA, firstB] = [await parseDefinitions(a, 'python', cached), await parseDefinitions(b, 'python', cached)]
  expect(await parseDefinitions(a, 'python', cached)).toBe(firstA)
  await parseDefinitions(c, 'python', cached)
  expect(await parseDefinitions(a, 'python', cached)).toBe(firstA)
  expect(await parseDefinitions(b, 'python', cached)).not.toBe(firstB)
})
