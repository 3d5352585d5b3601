import { truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { openTree } from '../tree.ts'
import { nextMoment } from './moment.ts'
import { createSizes, type Sizes } from './sizes.ts'

const ABOVE_50 = { maxFileBytes: 50, unwanted: [] }

/** A tree with more files than one batch checks; `last.py` is the last one. */
async function openSizes(): Promise<{ root: string; sizes: Sizes }> {
  const files = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`a${index}.py`, 'x']))
  const root = writeFiles(temporaryFolder(), { ...files, 'last.py': 'x', 'docs/large.md': 'x'.repeat(100) })
  const tree = await openTree({ root, ignoreRules: 'respect' })
  return { root, sizes: createSizes(tree, await tree.listFiles()) }
}

test('a look serves who asked before it began, and nobody later', async () => {
  const { root, sizes } = await openSizes()
  const [first, second] = [nextMoment(), nextMoment()]
  expect(await sizes.above(ABOVE_50, first)).toEqual(['docs/large.md'])
  truncateSync(join(root, 'last.py'), 60)
  expect(await sizes.above(ABOVE_50, second)).toEqual(['docs/large.md'])
  expect(await sizes.above(ABOVE_50, nextMoment())).toEqual(['docs/large.md', 'last.py'])
})

test('what is unwanted or asked with another limit is another question', async () => {
  const { sizes } = await openSizes()
  const since = nextMoment()
  expect(await sizes.above({ maxFileBytes: 50, unwanted: ['!docs/**'] }, since)).toEqual([])
  expect(await sizes.above({ maxFileBytes: 500, unwanted: [] }, since)).toEqual([])
  expect(await sizes.above(ABOVE_50, since)).toEqual(['docs/large.md'])
})

test('who began a look and goes takes it from nobody', async () => {
  const { sizes } = await openSizes()
  const going = new AbortController()
  const since = nextMoment()
  const begun = sizes.above(ABOVE_50, since, going.signal)
  const others = [1, 2].map(() => sizes.above(ABOVE_50, since, new AbortController().signal))
  going.abort(new Error('gone'))
  await expect(begun).rejects.toThrow('gone')
  expect(await Promise.all(others)).toEqual([['docs/large.md'], ['docs/large.md']])
})
