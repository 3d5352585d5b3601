import { expect, test } from 'vitest'
import { parseDefinitions } from './parse.ts'

test('memory does not grow over hundreds of files', async () => {
  const text = 'class A(B):\n    def f(self, x):\n        return [g(y) for y in x if y > 1]\n\n'.repeat(100)
  for (let round = 0; round < 40; round++) await parseDefinitions(text, 'python')
  const before = process.memoryUsage.rss()
  for (let round = 0; round < 300; round++) await parseDefinitions(text, 'python')
  // 300 undeleted trees of this text would hold more than 100 MB.
  expect(process.memoryUsage.rss() - before).toBeLessThan(40_000_000)
})
