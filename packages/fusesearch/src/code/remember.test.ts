import { expect, test } from 'vitest'
import { parseDefinitions, rememberDefinitions } from './index.ts'

const text = 'def first():\n    pass\n'

test('parses a text once while somebody asked to remember, and anew otherwise', async () => {
  expect(await parseDefinitions(text, 'python')).not.toBe(await parseDefinitions(text, 'python'))
  const forget = rememberDefinitions(10_000)
  const first = await parseDefinitions(text, 'python')
  expect(await parseDefinitions(text, 'python')).toBe(first)
  expect(await parseDefinitions(text, 'ruby')).not.toBe(first)
  expect((await parseDefinitions(text.replace('first', 'other'), 'python')).map(({ name }) => name)).toEqual(['other'])
  forget()
  expect(await parseDefinitions(text, 'python')).toEqual(first)
  expect(await parseDefinitions(text, 'python')).not.toBe(first)
})

test('holds to the limit by forgetting what was used longest ago', async () => {
  const forget = rememberDefinitions(1_300)
  const [a, b, c] = ['a', 'b', 'c'].map((name) => `def ${name}():\n    pass\n`) as [string, string, string]
  const [firstA, firstB] = [await parseDefinitions(a, 'python'), await parseDefinitions(b, 'python')]
  expect(await parseDefinitions(a, 'python')).toBe(firstA)
  await parseDefinitions(c, 'python')
  expect(await parseDefinitions(a, 'python')).toBe(firstA)
  expect(await parseDefinitions(b, 'python')).not.toBe(firstB)
  forget()
})
