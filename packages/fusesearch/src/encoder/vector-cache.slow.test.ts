import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/support/folder.ts'
import { openVectorCache } from './vector-cache.ts'

test('the cache has a bound: the newest of a file stay', async () => {
  const folder = temporaryFolder()
  const cache = openVectorCache(folder, 'one')
  const texts = Array.from({ length: 100_000 }, (_, index) => `text ${index}`)
  await cache.put(texts.map((text, index) => [text, Int8Array.of(index % 128, 1, 2, 3)]))
  await cache.put([['last', Int8Array.of(9, -9, 127, -127)]])
  const files = readdirSync(join(folder, 'one'))
  expect(files).toHaveLength(256)
  // 256 vectors of 4 bytes with keys of 16, behind a head of 8.
  for (const name of files) expect(statSync(join(folder, 'one', name)).size).toBe(8 + 256 * 20)
  expect(await openVectorCache(folder, 'one').get('last')).toEqual(Int8Array.of(9, -9, 127, -127))
})
