import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HAND_WEIGHTS, parseWeights } from 'fusesearch/policies'
import { ALL_TOOLS, PAPER_TOOLS } from 'fusesearch/search'
import type { TrainingData } from 'fusesearch/view'
import { describe, expect, test } from 'vitest'
import { ensureBuilt } from '../../../../../test/support/command.ts'
import { temporaryFolder } from '../../../../../test/support/folder.ts'
import { CHECKPOINT_VERSION, featureSet, type HistoryEntry } from '../train/checkpoint.ts'
import type { Metrics } from '../train/metrics.ts'
import type { TrainResult } from '../train/run.ts'
import { DEFAULT_SETTINGS } from '../train/settings.ts'
import type { HeldOutScore } from '../train/training.ts'
import { createProgressPage, setupRows, writeTraining } from './page.ts'
import { describeGains, gainsOf, summarizeTraining, type TrainingFacts } from './summary.ts'

const FACTS: TrainingFacts = {
  command: "fusesearch train a.jsonl --repos 'r/{owner}'",
  commit: '0123456789ab',
  version: '0.1.0',
  node: '20.19.0',
  machine: '2 cores',
  training: { name: 'a.jsonl', samples: 9, repositories: 3 },
  validation: { name: 'b.jsonl', samples: 4, repositories: 2 },
  from: 'hand',
  digest: 'd'.repeat(64),
  sampleIds: ['one', '<b>two</b>'],
}

function metrics(step: number): Metrics {
  const [reward, f1, fileF1, functionF1] = [0.5 + step / 100, 0.4, 0.45 + step / 200, 0.3 + step / 300]
  const rest = { efficiency: 0.5 + step / 120, redundancy: 0.2, turns: 3.5, calls: 15 - step / 8, bytes: 20_000 - step }
  return { n: 4, reward, f1, fileF1, functionF1, ...rest, breadth: [7.5, 4, 2.25] }
}

function scores(of: readonly (readonly [reward: number, functionF1: number | null])[]): HeldOutScore[] {
  return of.map(([reward, functionF1], sample) => {
    return { sample, reward, fileF1: 1, functionF1, efficiency: null, calls: 10 + sample, bytes: 1_000 }
  })
}

function resultOf(updates: number): TrainResult {
  const history: HistoryEntry[] = [
    { phase: 'hand', iteration: 0, validation: metrics(0) },
    { phase: 'ranking', iteration: 0, train: metrics(0), validation: metrics(1) },
    { phase: 'sft', iteration: 0, train: metrics(40), validation: metrics(2) },
    ...Array.from({ length: updates }, (_, index): HistoryEntry => {
      const loss = { kl: index / 1_000, entropy: 1 - index / 100, clipped: 0.1 }
      const validation = (index + 1) % 4 === 0 ? { validation: metrics(3 + index) } : {}
      return { phase: 'grpo', iteration: index + 1, train: metrics(index), loss, ...validation }
    }),
  ]
  const checkpoint = {
    version: CHECKPOINT_VERSION,
    features: featureSet(),
    run: 'run',
    played: { rollouts: 1_000, seconds: 20, missed: 30 },
    settings: DEFAULT_SETTINGS,
    phase: 'grpo' as const,
    iteration: updates,
    weights: HAND_WEIGHTS,
    usual: {},
    price: 0,
    reference: null,
    best: { weights: HAND_WEIGHTS, reward: 1, entry: history.length - 1 },
    adam: null,
    history,
  }
  const before = scores([
    [0.1, 0.5],
    [0.2, null],
    [0.3, 0.5],
    [0.4, 1],
  ])
  const after = scores([
    [0.2, 0.5],
    [0.4, 1],
    [0.5, 0.5],
    [0.5, 0],
  ])
  return {
    weights: HAND_WEIGHTS,
    checkpoint,
    hand: metrics(0),
    trained: metrics(20),
    heldOut: { hand: before, trained: after },
    calibration: { before: 0.12, after: 0.034 },
    played: { rollouts: 1_000, seconds: 20, missed: 30 },
    skipped: new Map([[1, { code: 'unknown-commit', message: 'no <commit> here' }]]),
  }
}

describe('the gains of a training', () => {
  const { hand, trained } = resultOf(1).heldOut
  const gains = new Map(gainsOf(hand, trained).map((gain) => [gain.name, gain]))

  test('are paired by sample, over those with a value on both sides', () => {
    // Rewards: +0.1, +0.2, +0.2, +0.1; functions of samples 0, 2 and 3: 0, 0, -1.
    expect(gains.get('reward')).toMatchObject({ n: 4, before: 0.25, after: 0.4, verdict: 'better' })
    expect(gains.get('reward')?.mean).toBeCloseTo(0.15)
    expect(gains.get('function F1')).toMatchObject({ n: 3, verdict: 'open' })
    expect(gains.get('function F1')?.mean).toBeCloseTo(-1 / 3)
    expect(gains.get('e')).toMatchObject({ n: 0, mean: 0, verdict: 'open' })
  })

  test("don't depend on the order of the samples", () => {
    expect(gainsOf(hand, trained.toReversed()).map(({ verdict }) => verdict)).toEqual(
      gainsOf(hand, trained).map(({ verdict }) => verdict),
    )
  })

  test('are worse if a lower value is better', () => {
    const more = trained.map((score) => ({ ...score, calls: score.calls + 5 }))
    expect(gainsOf(hand, more).find(({ name }) => name === 'calls')).toMatchObject({ mean: 5, verdict: 'worse' })
  })

  test('are described in words', () => {
    const words = describeGains(summarizeTraining(resultOf(1), FACTS)).join('\n')
    expect(words).toContain('Better than before: reward. Worse: nothing.')
    expect(words).toContain('7.5, 4.0, 2.3 trained, never wider than the turn before')
    expect(words).toContain('calls +0.0%, bytes +0.0%; within 10%')
  })
})

test('the steps after phase 2 appear in the set-up', () => {
  const result = resultOf(4)
  const fits = (['answers', 'lengths'] as const).map((phase) => ({ phase, iteration: 0, validation: metrics(30) }))
  const history = [...result.checkpoint.history, ...fits]
  const best = { weights: HAND_WEIGHTS, reward: 1, entry: history.length - 1 }
  const summary = summarizeTraining({ ...result, checkpoint: { ...result.checkpoint, history, best } }, FACTS)
  const rows = setupRows(summary).join('\n')
  expect(rows).toContain(
    'fitted again after phase 2, then the lengths of answers; the best step was the lengths of answers',
  )
  expect(rows).toContain('Starts from,the hand-set weights')
})

test('the folder gets readable weights, a page without requests, and a card', async () => {
  ensureBuilt()
  const folder = join(temporaryFolder(), 'deep', 'run')
  await writeTraining(folder, resultOf(20), FACTS)
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
  expect(readdirSync(folder).sort()).toEqual([
    'card.md',
    'history.jsonl',
    'report.html',
    'training.json',
    'weights.json',
  ])
  expect(parseWeights(read('weights.json'), 'weights.json')).toEqual(HAND_WEIGHTS)
  expect(read('history.jsonl').trimEnd().split('\n')).toHaveLength(23)
  const data = pageData(read('report.html'))
  expect(data).toMatchObject({ kind: 'training', state: 'ended', iterations: DEFAULT_SETTINGS.grpo.iterations })
  expect(data.history).toHaveLength(23)
  expect(data.skipped).toEqual([{ id: '<b>two</b>', code: 'unknown-commit', message: 'no <commit> here' }])
  expect(data.gains.find(({ name }) => name === 'reward')).toMatchObject({ before: '0.250', after: '0.400' })
  expect(data.facts.join('\n')).toContain('9 of 3 repositories')
  expect(data.facts.join('\n')).toContain('50.0 per second')
  expect(read('card.md')).toContain('## Intended use')
  expect(JSON.parse(read('training.json'))).toMatchObject({ commit: '0123456789ab', settings: { seed: 0 } })
})

test('a running training shows its last step, and a stopped one says so', async () => {
  ensureBuilt()
  const folder = join(temporaryFolder(), 'run')
  const page = createProgressPage(folder, FACTS)
  for (const updates of [1, 2, 3]) page.show(resultOf(updates).checkpoint)
  await page.settle()
  const read = (): TrainingData => pageData(readFileSync(join(folder, 'report.html'), 'utf8'))
  expect(read()).toMatchObject({ state: 'running', breadth: null, gains: [] })
  expect(read().history).toHaveLength(6)
  expect(readFileSync(join(folder, 'history.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(6)
  await page.stop()
  expect(read().state).toBe('stopped')
})

/** The data of a page: one line of JSON without a `<`. */
function pageData(html: string): TrainingData {
  const [, json = ''] = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(html) ?? []
  return JSON.parse(json) as TrainingData
}

test('the set-up says whether the fit of the ranking was kept, and which tools alternated', () => {
  const result = resultOf(1)
  const rowsOf = (checkpoint: TrainResult['checkpoint']): string =>
    setupRows(summarizeTraining({ ...result, checkpoint }, FACTS)).join('\n')
  expect(rowsOf(result.checkpoint)).toMatch(/300 steps; the fit was kept\nPhase 1/)
  const history = result.checkpoint.history.map((entry) =>
    entry.phase === 'ranking' ? { ...entry, refused: metrics(0) } : entry,
  )
  const settings = { ...DEFAULT_SETTINGS, toolSets: [PAPER_TOOLS, ALL_TOOLS] }
  const rows = rowsOf({ ...result.checkpoint, history, settings })
  expect(rows).toContain(`was not kept: held-out reward ${metrics(0).reward.toFixed(3)} against`)
  expect(rows).toContain('grep, glob, read_file; alternating with grep, glob, read_file, history')
})

test.skipIf(!existsSync('/dev/full'))('a folder that cannot be written is named', async () => {
  await expect(writeTraining('/dev/full/run', resultOf(1), FACTS)).rejects.toThrow(
    expect.objectContaining({
      code: 'write-failed',
      message: expect.stringContaining('/dev/full/run/weights.json'),
    }),
  )
})
