import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from 'fusesearch/core'
import { HAND_WEIGHTS } from 'fusesearch/policies'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTinySamples } from '../../../../../test/support/tiny-samples.ts'
import { loadDataset } from '../../datasets/index.ts'
import { createPreparer } from '../../evaluation/index.ts'
import { createGroupRunner, type GroupRunner } from '../rollout/play.ts'
import { runTraining, type TrainResult } from './run.ts'
import { DEFAULT_SETTINGS, type TrainSettings } from './settings.ts'
import type { TrainProgress } from './training.ts'

const { sft, grpo, ranking } = DEFAULT_SETTINGS
/** Two training repositories, with a sample that is missing; the third is held out. */
const LOST = 12
const TRAINING = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, LOST]
const VALIDATION = [13, 14, 15, 16, 17, 18]
const SEEDS = [0, 1]

let folder: string
let runner: GroupRunner
const results = new Map<number, TrainResult>()

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fusesearch-test-'))
  const rows = makeTinySamples(folder)
  const [first] = rows
  const lost = { ...first, instance_id: 'lost', base_commit: 'f'.repeat(40) }
  const file = join(folder, 'rows.jsonl')
  writeFileSync(
    file,
    rows
      .toSpliced(LOST, 0, lost as (typeof rows)[number])
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  )
  const { instances } = await loadDataset(file)
  const { signal } = new AbortController()
  const template = join(folder, '{owner}+{name}')
  const preparer = createPreparer({ template, cacheDir: join(folder, 'cache'), environment: process.env })
  runner = createGroupRunner({ instances, preparer, folder: join(folder, 'observations'), signal })
})

afterAll(async () => {
  await runner.close()
  rmSync(folder, { recursive: true, force: true })
})

function settingsOf(seed: number): TrainSettings {
  return {
    ...DEFAULT_SETTINGS,
    seed,
    ranking: { ...ranking, steps: 50 },
    sft: { ...sft, rollouts: 2, filter: { minF1: 0.5, minEfficiency: 0.4 } },
    grpo: { ...grpo, iterations: 4, samplesPerIteration: 8, groupSize: 4, learningRate: 0.05 },
  }
}

interface Run {
  readonly seed: number
  readonly name: string
  readonly settings?: TrainSettings
  readonly training?: readonly number[]
  readonly validation?: readonly number[]
  /** Stops the training like a kill, as soon as it reports this. */
  readonly stopAt?: (progress: TrainProgress) => boolean
}

function train({
  seed,
  name,
  settings = settingsOf(seed),
  training = TRAINING,
  validation = VALIDATION,
  stopAt = () => false,
}: Run): Promise<TrainResult> {
  const stop = new AbortController()
  const stopping: GroupRunner = {
    run(task) {
      stop.signal.throwIfAborted()
      return runner.run(task)
    },
    close: () => Promise.resolve(),
  }
  return runTraining({
    settings,
    training,
    validation,
    digest: 'tiny',
    runners: [stopping],
    folder: join(folder, name),
    clock: systemClock,
    signal: stop.signal,
    onProgress: (progress) => void (stopAt(progress) && stop.abort(new Error('stopped here'))),
  })
}

function rewards({ checkpoint }: TrainResult): number[] {
  return checkpoint.history.flatMap(({ phase, train: sampled }) =>
    phase === 'grpo' && sampled ? [sampled.reward] : [],
  )
}

describe('a smoke training over tiny repositories', () => {
  // The held-out reward of six searches moves in steps; the sampled one is a mean over 32 rollouts per update. With
  // every seed from 0 to 7 the mean of the last two updates was higher than the first; the test takes two of them.
  test.each(SEEDS)('ends with a higher reward than at the start: seed %i', async (seed) => {
    const result = await train({ seed, name: `run-${seed}` })
    results.set(seed, result)
    const [first = 0, , third = 0, last = 0] = rewards(result)
    expect((third + last) / 2).toBeGreaterThan(first)
    expect(result.trained.reward).toBeGreaterThanOrEqual(result.hand.reward)
    expect(result.checkpoint.history.map(({ phase }) => phase)).toEqual([
      'hand',
      'ranking',
      'sft',
      ...GRPO,
      'answers',
      'lengths',
    ])
    expect([...result.skipped]).toEqual([[LOST, expect.objectContaining({ code: 'unknown-commit' })]])
    expect(result.heldOut.trained.map(({ sample }) => sample)).toEqual(VALIDATION)
  })

  test('is resumable: stopped in both phases, it ends with the same weights', async () => {
    const [seed = 0] = SEEDS
    const stops: ((progress: TrainProgress) => boolean)[] = [
      ({ phase, done }) => phase === 'sft' && done === 3,
      ({ phase, iteration, done }) => phase === 'grpo' && iteration === 3 && done === 2,
    ]
    for (const stopAt of stops) await expect(train({ seed, name: 'stopped', stopAt })).rejects.toThrow('stopped here')
    const resumed = await train({ seed, name: 'stopped' })
    expect(resumed.weights).toEqual(results.get(seed)?.weights)
    const whole = results.get(seed)?.checkpoint
    expect(resumed.checkpoint).toEqual({ ...whole, played: expect.anything() })
  })

  test("rejects a fit of the ranking that doesn't help the held-out samples", async () => {
    const { grpo: phase2, ...rest } = settingsOf(0)
    // Moved away from the hand-set weights instead of towards them.
    const settings = {
      ...rest,
      ranking: { prior: -1000, steps: 100, again: false },
      grpo: { ...phase2, iterations: 0 },
    }
    const { checkpoint } = await train({ seed: 0, name: 'refused', settings })
    const [hand, fit] = checkpoint.history
    expect(fit?.refused?.reward).toBeLessThanOrEqual(hand?.validation?.reward ?? 0)
    expect(fit?.validation).toEqual(hand?.validation)
    expect(checkpoint.weights.file).toEqual(HAND_WEIGHTS.file)
  })

  test('refuses the folder of a run with other settings', async () => {
    await expect(train({ seed: 9, name: 'run-0' })).rejects.toMatchObject({
      code: 'bad-run',
      message: expect.stringContaining('other settings: seed (0, now 9)'),
    })
  })

  test('can be ended early and continued with more updates', async () => {
    const [seed = 0] = SEEDS
    const settings = (iterations: number): TrainSettings => {
      const own = settingsOf(seed)
      return { ...own, grpo: { ...own.grpo, iterations } }
    }
    const early = await train({ seed, name: 'ended', settings: settings(2) })
    expect(early.checkpoint.iteration).toBe(2)
    const again = await train({ seed, name: 'ended', settings: settings(2) })
    expect(again.weights).toEqual(early.weights)
    const rates: number[] = []
    const stopAt = ({ rolloutsPerSecond }: TrainProgress): boolean => {
      rates.push(rolloutsPerSecond)
      return false
    }
    const more = await train({ seed, name: 'ended', settings: settings(3), stopAt })
    // Work before the stop doesn't count in this part's speed.
    expect(rates[0]).toBeLessThan(again.played.rollouts)
    expect(more.checkpoint.iteration).toBe(3)
    expect(more.played.rollouts).toBeGreaterThan(again.played.rollouts)
  })

  test('without a usable training sample it names what is missing', async () => {
    await expect(train({ seed: 0, name: 'nothing', training: [LOST] })).rejects.toMatchObject({
      code: 'bad-run',
      message: expect.stringContaining('No training sample is usable'),
    })
  })

  test('without a usable held-out sample it names what is missing', async () => {
    await expect(train({ seed: 0, name: 'lost', validation: [LOST] })).rejects.toMatchObject({
      code: 'bad-run',
      message: expect.stringContaining('No held-out sample is usable'),
    })
  })
})

const GRPO = ['grpo', 'grpo', 'grpo', 'grpo']
