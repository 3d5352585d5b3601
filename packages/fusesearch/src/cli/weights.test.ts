import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../../test/support/folder.ts'
import { scriptedEncoder } from '../../../../test/support/scripted-encoder.ts'
import {
  DEFAULT_WEIGHTS,
  digestReader,
  digestWeights,
  HAND_WEIGHTS,
  type Reader,
  weightsText,
} from '../policies/index.ts'
import { createPolicy, policyOfTrajectory } from './policy.ts'
import { readWeights, refuseIdleWeights } from './weights.ts'

const OTHER = { ...HAND_WEIGHTS, confidence: { slope: 2, bias: 0.5 } }

test('--weights reads a file relative to the working directory, and names a missing one', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'w.json'), weightsText(OTHER))
  await expect(readWeights('w.json', folder)).resolves.toEqual(OTHER)
  await expect(readWeights(undefined, folder)).resolves.toBeUndefined()
  await expect(readWeights('no.json', folder)).rejects.toMatchObject({
    code: 'bad-argument',
    message: expect.stringContaining('no.json'),
  })
})

test("--weights is refused with policies that don't use it", () => {
  expect(() => refuseIdleWeights('w.json', ['llm'])).toThrow("doesn't use --weights")
  expect(() => refuseIdleWeights('w.json', ['bm25', 'hand-weighted'])).toThrow('bm25, hand-weighted')
  expect(() => refuseIdleWeights('w.json', ['bm25', 'embedded'])).not.toThrow()
  expect(() => refuseIdleWeights(undefined, ['llm'])).not.toThrow()
})

test('a policy reports its weights; hand-weighted keeps its own', async () => {
  const options = { includeTests: false, llm: null, env: {}, cwd: '.' }
  const digest = async (name: string, weights?: typeof OTHER): Promise<unknown> =>
    (await createPolicy(name, { ...options, weights })).policy.settings?.weights
  await expect(digest('embedded')).resolves.toBe(digestWeights(DEFAULT_WEIGHTS))
  await expect(digest('embedded', OTHER)).resolves.toBe(digestWeights(OTHER))
  await expect(digest('hand-weighted', OTHER)).resolves.toBe(digestWeights(HAND_WEIGHTS))
  expect((await createPolicy('hand-weighted', options)).policy.name).toBe('hand-weighted')
})

describe('a replay', () => {
  test('uses the recorded weights if it has them', () => {
    const policy = policyOfTrajectory(recorded(HAND_WEIGHTS))
    expect(policy).toMatchObject({ name: 'embedded+tests', settings: { weights: digestWeights(HAND_WEIGHTS) } })
    expect(policyOfTrajectory(recorded(OTHER), { weights: OTHER }).settings).toEqual({ weights: digestWeights(OTHER) })
    expect(policyOfTrajectory({ policy: 'embedded' }).settings).toEqual({ weights: digestWeights(HAND_WEIGHTS) })
  })

  test('says that the weights differ, and what to give', () => {
    expect(() => policyOfTrajectory(recorded(OTHER))).toThrow(/recorded with the weights \w+.*--weights/)
    expect(() => policyOfTrajectory(recorded(HAND_WEIGHTS), { weights: OTHER })).toThrow(
      'Give the file of the recorded weights.',
    )
  })

  test('wants the encoder that the trajectory was recorded with, and no other', () => {
    const reader = readerOf('rain')
    const plain = recorded(HAND_WEIGHTS)
    const read = { ...plain, settings: { ...plain.settings, encoder: digestReader(reader) } }
    expect(policyOfTrajectory(read, { reader }).settings).toMatchObject({ encoder: digestReader(reader) })
    expect(() => policyOfTrajectory(read)).toThrow(/recorded with the encoder scripted .* --encoder/)
    expect(() => policyOfTrajectory(read, { reader: readerOf('violin') })).toThrow(
      'Give the one that it was recorded with',
    )
    expect(() => policyOfTrajectory(plain, { reader })).toThrow('Leave --encoder out')
  })
})

function recorded(weights: typeof OTHER): Parameters<typeof policyOfTrajectory>[0] {
  return { policy: 'embedded+tests', settings: { weights: digestWeights(weights) } }
}

/** Two names make two readers, whose weights differ. */
function readerOf(name: string): Reader {
  const weights = { doubt: name.length, file: { best: 1, outline: 1 }, function: { own: 1, file: 1 } }
  return { encoder: scriptedEncoder(name), weights }
}
