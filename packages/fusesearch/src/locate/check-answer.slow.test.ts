import { expect, it } from 'vitest'
import { SHOP, temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { EMPTY_ANSWER } from '../agent/index.ts'
import { openTree } from '../search/index.ts'
import { checkAnswer } from './check-answer.ts'

it('a check reads and parses no more of many large files than it may', async () => {
  const text = `${SHOP['shop/cart.py']}${'total = price\n'.repeat(50_000)}`
  const paths = Array.from({ length: 60 }, (_, index) => `part${index}/cart.py`)
  const texts = paths.map((path, index): [string, string] => [path, `# ${index}\n${text}`])
  const root = writeFiles(temporaryFolder(), Object.fromEntries(texts))
  const tree = await openTree({ root, ignoreRules: 'respect' })
  const found = { name: 'Cart.apply_discount', startLine: 11, endLine: 15, score: 0.9 }
  const files = paths.map((path) => ({ path, score: 1, functions: [found], evidence: [] }))
  const { answer, notices } = await checkAnswer({ ...EMPTY_ANSWER, files, confidence: 0.5 }, { tree })
  expect(answer.files).toHaveLength(60)
  expect(answer.files.filter(({ functions }) => functions.length > 0).length).toBeLessThanOrEqual(2)
  expect(notices.join('\n')).toMatch(
    /with it more than 2000000 characters would be parsed|parsing took its 1000 ms of processor time/,
  )
  expect(notices.join('\n')).toMatch(/the check of an answer reads at most 40000000 bytes in total/)
})
