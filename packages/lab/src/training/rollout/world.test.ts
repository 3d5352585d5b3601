import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Call, Observation } from 'fusesearch/search'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../../test/support/folder.ts'
import { openObservations } from './world.ts'

const CALL: Call = { tool: 'glob', arguments: { patterns: ['**/*.py'] } }
const SEEN: Observation = { ok: false, tool: 'glob', code: 'not-found', message: 'nothing', bytes: 7 }

test('returns what was stored, and leaves no other files', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'deep', 'x.json.gz')
  const first = await openObservations(file)
  expect(first.get(CALL)).toBeUndefined()
  await first.save()
  expect(existsSync(file)).toBe(false)
  first.put(CALL, SEEN)
  await first.save()
  const second = await openObservations(file)
  expect(second.get(CALL)).toEqual(SEEN)
  expect(second.bytes()).toBe(7)
  expect(readdirSync(join(folder, 'deep'))).toEqual(['x.json.gz'])
})

test.each<[string, (whole: Buffer) => Buffer | string]>([
  ['cut off', (whole) => whole.subarray(0, whole.length / 2)],
  ['empty', () => ''],
  ['no archive', () => '[]'],
  ['an archive of no JSON', () => gzipSync('[["a"')],
  ['an archive of other JSON', () => gzipSync('{"a":1}')],
])('a file that is %s is begun anew', async (_, damage) => {
  const file = join(temporaryFolder(), 'x.json.gz')
  const first = await openObservations(file)
  first.put(CALL, SEEN)
  await first.save()
  writeFileSync(file, damage(readFileSync(file)))
  const again = await openObservations(file)
  expect(again.get(CALL)).toBeUndefined()
  again.put(CALL, SEEN)
  await again.save()
  expect((await openObservations(file)).get(CALL)).toEqual(SEEN)
})

test("names a place that can't be written", async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'file'), '')
  const file = join(folder, 'file', 'x.json.gz')
  const observations = await openObservations(file)
  observations.put(CALL, SEEN)
  await expect(observations.save()).rejects.toMatchObject({
    code: 'write-failed',
    message: expect.stringContaining(file),
  })
})
