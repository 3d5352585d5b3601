import { measureSimilarities } from 'fusesearch/policies'
import { expect, test } from 'vitest'
import { scriptedEncoder } from '../../../../../test/support/scripted-encoder.ts'
import { read, searched } from '../../../../../test/support/searched.ts'
import type { Instance } from '../../datasets/index.ts'
import { pairSample } from './pairs.ts'

const issue = 'theBasket drifts!'
const instance = { id: 'one', repo: 'owner/name', issue } as Instance
const signal = new AbortController().signal

/**
 * Twelve files `f01.py` to `f12.py`, each with three functions; all scores are 0, so that they are ranked by path. The
 * search ranks the functions of eight files.
 */
const turn = Array.from({ length: 12 }, (_, index) => {
  const number = String(index + 1).padStart(2, '0')
  return read(
    `f${number}.py`,
    `def a${number}():\n    go()\n\n\ndef b${number}():\n    stay()\n\n\ndef c${number}():\n    wait()\n`,
  )
})

test('the best 10 files and 20 functions, with the gold ones below them', async () => {
  const search = await searched({ issue }, turn)
  const gold = { files: ['f02.py', 'f12.py'], functions: [{ path: 'f08.py', name: 'c08' }] }
  const sample = pairSample(search, { instance, gold })
  expect(sample).toMatchObject({ id: 'one', repo: 'owner/name', issue: 'the Basket drifts' })
  // Of ten equal scores.
  expect(sample.chance).toBeCloseTo(0.1)
  expect(sample.files.map(({ path, rank, isGold }) => [path, rank, isGold])).toEqual([
    ...Array.from({ length: 10 }, (_, index) => [`f${String(index + 1).padStart(2, '0')}.py`, index + 1, index === 1]),
    ['f12.py', 12, true],
  ])
  expect(sample.functions).toHaveLength(21)
  expect(sample.functions.slice(0, 20).every(({ isGold }) => !isGold)).toBe(true)
  expect(sample.functions[20]).toEqual({
    path: 'f08.py',
    name: 'c08',
    text: 'c08 def c08 wait',
    score: 0,
    rank: 24,
    isGold: true,
  })
})

test('its texts are those that the product reads', async () => {
  const search = await searched({ issue }, turn)
  const encoder = scriptedEncoder('absent')
  await measureSimilarities(search, { issue, encoder }, signal)
  const { issue: text, files, functions } = pairSample(search, { instance, gold: { files: [], functions: [] } })
  const first = [text, ...files.slice(0, 8).map((file) => file.text), ...functions.slice(0, 8).map((one) => one.text)]
  expect(encoder.asked).toEqual([first])
})

test('a file that was not read has no text, and is no pair below the ranking', async () => {
  const search = await searched({ issue }, turn)
  const unread = (path: string): (typeof search.files)[number] => {
    const [first] = search.files
    if (first === undefined) throw new Error('there is no file')
    return { ...first, file: { ...first.file, path, read: undefined } }
  }
  const files = [unread('x.py'), ...search.files, unread('y.py')]
  const seen = { files, functions: search.functions, parsed: search.parsed } as unknown as typeof search
  const sample = pairSample(seen, { instance, gold: { files: ['y.py'], functions: [] } })
  expect(sample.files[0]).toMatchObject({ path: 'x.py', text: null, rank: 1, isGold: false })
  expect(sample.files.map(({ path }) => path)).not.toContain('y.py')
})
