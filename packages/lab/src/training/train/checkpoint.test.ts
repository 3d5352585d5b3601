import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HAND_WEIGHTS } from 'fusesearch/policies'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../../../test/support/folder.ts'
import { CHECKPOINT_VERSION, type Checkpoint, featureSet, readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { DEFAULT_SETTINGS } from './settings.ts'

const CHECKPOINT: Checkpoint = {
  version: CHECKPOINT_VERSION,
  features: featureSet(),
  run: 'this',
  played: { rollouts: 1, seconds: 2, missed: 0 },
  settings: DEFAULT_SETTINGS,
  phase: 'sft',
  iteration: 0,
  weights: HAND_WEIGHTS,
  usual: {},
  price: 0,
  reference: null,
  best: { weights: HAND_WEIGHTS, reward: 0.1 + 0.2, entry: 0 },
  adam: { step: 3, first: [1 / 3], second: [1e-300] },
  history: [{ phase: 'hand', iteration: 0 }],
}

async function written(): Promise<string> {
  const file = join(temporaryFolder(), 'checkpoint.json')
  writeCheckpoint(file, CHECKPOINT)
  return file
}

test('a checkpoint is read back exactly; a missing one is undefined', async () => {
  const file = await written()
  await expect(readCheckpoint(file, THIS)).resolves.toEqual(CHECKPOINT)
  expect(existsSync(`${file}.new`)).toBe(false)
  await expect(readCheckpoint(join(temporaryFolder(), 'checkpoint.json'), THIS)).resolves.toBeUndefined()
})

test('a kill while the next one is written, or before it is renamed, keeps the last one', async () => {
  const file = await written()
  const text = readFileSync(file, 'utf8')
  for (const half of [text.slice(0, text.length / 2), text.replace('"iteration":0', '"iteration":1')]) {
    writeFileSync(`${file}.new`, half)
    await expect(readCheckpoint(file, THIS)).resolves.toEqual(CHECKPOINT)
  }
  writeCheckpoint(file, { ...CHECKPOINT, iteration: 2 })
  await expect(readCheckpoint(file, THIS)).resolves.toMatchObject({ iteration: 2 })
})

const THIS = { run: 'this', settings: DEFAULT_SETTINGS }

describe('a checkpoint is refused, naming its file and the problem:', () => {
  test.each<[string, (text: string) => string, string]>([
    ['another version', (text) => text.replace(/"version":\d+/, '"version":0'), 'a different version or feature set'],
    ['another feature set', (text) => text.replace('lexical', 'lexicon'), 'a different version or feature set'],
    ['other samples', (text) => text.replace('"run":"this"', '"run":"that"'), 'other samples or starting weights'],
    [
      'other settings',
      (text) => text.replace('"run":"this"', '"run":"that"').replace('"kl":0.02', '"kl":0.5'),
      'grpo.kl (0.5, now 0.02)',
    ],
    ['a cut-off text', (text) => text.slice(0, 200), "isn't JSON"],
    ['an empty text', () => '', "isn't JSON"],
    ['other JSON', () => 'null', 'a different version or feature set'],
  ])('%s', async (_, damage, fact) => {
    const file = await written()
    writeFileSync(file, damage(readFileSync(file, 'utf8')))
    const reading = readCheckpoint(file, THIS)
    await expect(reading).rejects.toMatchObject({ code: 'bad-run', message: expect.stringContaining(fact) })
    await expect(reading).rejects.toThrow(file)
  })
})

test("one that can't be written is named, and the last one is kept", async () => {
  const file = await written()
  mkdirSync(`${file}.${process.pid}.part`)
  expect(() => writeCheckpoint(file, { ...CHECKPOINT, iteration: 2 })).toThrow(
    expect.objectContaining({
      code: 'write-failed',
      message: expect.stringContaining(file),
    }),
  )
  await expect(readCheckpoint(file, THIS)).resolves.toEqual(CHECKPOINT)
})
