import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from 'fusesearch/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeTinySamples } from '../../../../../test/support/tiny-samples.ts'
import { loadDataset } from '../../datasets/index.ts'
import { createPreparer } from '../../evaluation/index.ts'
import { createGroupRunner, type GroupRunner } from '../rollout/play.ts'
import { DEFAULT_SETTINGS } from '../train/settings.ts'
import { ABLATION_ROWS, type AblationResult, FULL_ROW, runAblation } from './run.ts'
import { renderAblation } from './table.ts'

const { sft, grpo, ranking } = DEFAULT_SETTINGS
const SETTINGS = {
  ...DEFAULT_SETTINGS,
  ranking: { ...ranking, steps: 20 },
  sft: { ...sft, rollouts: 2, filter: { minF1: 0.5, minEfficiency: 0.4 } },
  grpo: { ...grpo, iterations: 2, samplesPerIteration: 4, groupSize: 4, learningRate: 0.2 },
}
const NAMES = [FULL_ROW, 'sequential, SFT + RL', 'reward F1 + e']
const ROWS = ABLATION_ROWS.filter(({ name }) => NAMES.includes(name))
const TRAINING = [0, 1, 2, 3, 4, 5]

let folder: string
let runner: GroupRunner
let played = 0
/** Groups whose rankings were requested: the first groups of phase 1. */
let taught = 0

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fusesearch-test-'))
  const file = join(folder, 'rows.jsonl')
  const rows = makeTinySamples(folder)
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const { instances } = await loadDataset(file)
  const template = join(folder, '{owner}+{name}')
  const preparer = createPreparer({ template, cacheDir: join(folder, 'cache'), environment: process.env })
  const { signal } = new AbortController()
  const real = createGroupRunner({ instances, preparer, folder: join(folder, 'observations'), signal })
  runner = {
    run(task) {
      played += task.seeds.length
      if (task.wants === 'rankings') taught += 1
      return real.run(task)
    },
    close: () => real.close(),
  }
})

afterAll(async () => {
  await runner.close()
  rmSync(folder, { recursive: true, force: true })
})

test('trains each row once per seed, compares it with the full row, and resumes', async () => {
  const tables: (readonly AblationResult[])[] = []
  const ablate = (seeds: readonly number[]): Promise<readonly AblationResult[]> =>
    runAblation({
      settings: SETTINGS,
      rows: ROWS,
      seeds,
      training: TRAINING,
      validation: [12, 13, 14],
      digest: 'tiny',
      runners: [runner],
      folder: join(folder, 'ablation'),
      clock: systemClock,
      signal: new AbortController().signal,
      onResults: (results) => tables.push(results),
    })
  const results = await ablate([0])
  expect(tables.map((table) => table.map(({ name }) => name))).toEqual([
    ['before training', FULL_ROW],
    ['before training', FULL_ROW, 'sequential, SFT + RL'],
    ['before training', ...NAMES],
  ])
  const [before, full, sequential] = results
  expect(before?.against).not.toBeNull()
  expect(full?.against).toBeNull()
  expect(Math.max(...(sequential?.breadth ?? []))).toBe(1)
  expect(sequential?.against?.fileF1.n).toBe(3)
  // Two of the three rows differ only in the reward.
  expect(taught).toBe(2 * TRAINING.length)

  const inOneSeed = played
  const both = await ablate([0, 1])
  expect(both.map(({ seeds }) => seeds)).toEqual([2, 2, 2, 2])
  // The first seed's trainings are only evaluated again.
  expect(played - inOneSeed).toBeLessThan(2 * inOneSeed)
  expect(renderAblation(both).split('\n')).toHaveLength(7)
})
