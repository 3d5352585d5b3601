import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openVectorCache } from './vector-cache.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vectors-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const vectorOf = (seed: number): Int8Array<ArrayBuffer> => Int8Array.of(seed % 128, -(seed % 128), 127, -127)

test('a vector that was kept is there for another process, and only under its text and model', async () => {
  await openVectorCache(folder, 'one').put([
    ['text', vectorOf(5)],
    ['other', vectorOf(6)],
  ])
  const again = openVectorCache(folder, 'one')
  expect(await again.get('text')).toEqual(vectorOf(5))
  expect(await again.get('other')).toEqual(vectorOf(6))
  expect(await again.get('third')).toBeUndefined()
  expect(await openVectorCache(folder, 'two').get('text')).toBeUndefined()
  expect(readdirSync(join(folder, 'one')).filter((name) => !name.endsWith('.vectors'))).toEqual([])
})

test('a damaged file counts as empty, wherever the damage is, and is replaced', async () => {
  await openVectorCache(folder, 'one').put([['text', vectorOf(5)]])
  const [name = ''] = readdirSync(join(folder, 'one'))
  const file = join(folder, 'one', name)
  const whole = readFileSync(file)
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Buffer.from(whole)
    damaged.writeUInt8((damaged.readUInt8(at) + 1) % 256, at)
    writeFileSync(file, damaged)
    expect(await openVectorCache(folder, 'one').get('text')).toBeUndefined()
  }
  for (const cut of [0, 3, 8, whole.length - 1]) {
    writeFileSync(file, whole.subarray(0, cut))
    expect(await openVectorCache(folder, 'one').get('text')).toBeUndefined()
  }
  await openVectorCache(folder, 'one').put([['text', vectorOf(7)]])
  expect(await openVectorCache(folder, 'one').get('text')).toEqual(vectorOf(7))
})

test('of many models, the vectors of the last three stay', async () => {
  for (const [index, model] of ['a', 'b', 'c', 'd'].entries()) {
    await openVectorCache(folder, model).put([['text', vectorOf(index)]])
    if (model !== 'd') utimesSync(join(folder, model), index + 1, index + 1)
  }
  expect(readdirSync(folder).sort()).toEqual(['b', 'c', 'd'])
})

test('a folder that cannot be written costs nothing but the kept vectors', async () => {
  const file = join(folder, 'a-file')
  writeFileSync(file, '')
  const cache = openVectorCache(file, 'one')
  await cache.put([['text', vectorOf(1)]])
  expect(await cache.get('text')).toEqual(vectorOf(1))
  expect(await openVectorCache(file, 'one').get('text')).toBeUndefined()
})
