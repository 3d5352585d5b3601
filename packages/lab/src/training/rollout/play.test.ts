import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { locate } from 'fusesearch/locate'
import { createEmbeddedPolicy, HAND_WEIGHTS, OWN_WIDTH } from 'fusesearch/policies'
import { PAPER_TOOLS } from 'fusesearch/search'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTinySamples } from '../../../../../test/support/tiny-samples.ts'
import { type Instance, loadDataset } from '../../datasets/index.ts'
import { createPreparer, type Preparer } from '../../evaluation/index.ts'
import { KeptWorkspaces } from '../../host/index.ts'
import { lengthSamples } from '../learn/length-loss.ts'
import { type RankingSample, rankingSamples, shareFeatures } from '../learn/ranking-loss.ts'
import { FEATURE_NAMES, playRollout, type Rollout, type RolloutSettings } from './play.ts'
import { DEFAULT_REWARD } from './reward.ts'
import { openWorld, type World } from './world.ts'

const SETTINGS: RolloutSettings = {
  weights: HAND_WEIGHTS,
  temperature: 1,
  maxTurns: 6,
  maxBreadth: 8,
  tools: PAPER_TOOLS,
  reward: DEFAULT_REWARD,
}

const workspaces = new KeptWorkspaces()
let folder: string
let instances: readonly Instance[]
let preparer: Preparer
let world: World

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fusesearch-test-'))
  const rows = makeTinySamples(folder)
  writeFileSync(join(folder, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  instances = (await loadDataset(join(folder, 'rows.jsonl'))).instances
  const template = join(folder, '{owner}+{name}')
  preparer = createPreparer({ template, cacheDir: join(folder, 'cache'), environment: process.env })
  world = await open(2, 'observations')
})

afterAll(async () => {
  await world.save()
  await workspaces.close()
  await preparer.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(sample: number, observations: string): Promise<World> {
  const instance = instances[sample]
  if (instance === undefined) throw new Error('no such sample')
  const { signal } = new AbortController()
  return openWorld(instance, { preparer, folder: join(folder, observations), signal, workspaces })
}

function play(seed: number, settings = SETTINGS): Promise<Rollout> {
  return playRollout(world, settings, seed)
}

/** The data of a rollout, without the live objects of its run. */
function told({ run, ...rest }: Rollout) {
  const { files, functions } = run.search
  const rankings = [files, functions].map((ranked) => ranked.map(({ features, score }) => ({ features, score })))
  return { ...rest, rankings, choices: JSON.stringify(run.choices) }
}

/** Largest difference between recomputed features and those of the ranking. */
function distanceOf({ features, evidence, columns }: RankingSample, traits: readonly number[]): number {
  const width = features.length / evidence.ends.length
  const away = shareFeatures(evidence, Float64Array.from(traits)).flatMap(({ values }, index) =>
    [...values].map((value, entry) => Math.abs(value - (features[entry * width + (columns[index] ?? 0)] ?? NaN))),
  )
  return Math.max(...away)
}

describe('a rollout', () => {
  test.each([0, 0.7])('shows how terms determine its rankings, with weights of their traits of %d', async (weight) => {
    const term = { ...HAND_WEIGHTS.term, identifier: weight, title: -weight, late: weight }
    const { run } = await play(1, { ...SETTINGS, weights: { ...HAND_WEIGHTS, term } })
    const samples = rankingSamples(run.search, { gold: world.gold, names: FEATURE_NAMES })
    expect(samples.functions.isGold).toContain(1)
    for (const sample of [samples.files, samples.functions]) {
      expect(distanceOf(sample, Object.values(term))).toBeLessThan(1e-6)
      // A test on zeros would always pass.
      expect(distanceOf(sample, Object.values({ ...term, late: 3 }))).toBeGreaterThan(1e-3)
    }
  })

  test('shows the alternatives of its answer, with the score of every length', async () => {
    const { run, fileF1, functionF1 } = await play(1)
    const { chains } = run
    if (chains === undefined) throw new Error('no chains')
    const samples = lengthSamples(chains, world.gold)
    // The answer is one of the lengths and has the evaluation's score.
    expect([...samples.files.f1].map((f1) => f1.toFixed(6))).toContain(fileF1.toFixed(6))
    expect([...samples.functions.f1].map((f1) => f1.toFixed(6))).toContain(functionF1?.toFixed(6))
    expect(samples.files.own).toHaveLength((samples.files.f1.length - 1) * OWN_WIDTH)
    // Without function gold, the functions' lengths have no score.
    const { files, functions } = lengthSamples(chains, { ...world.gold, functions: [] })
    expect([files.f1.length > 0, functions.f1.length]).toEqual([true, 0])
  })

  test('is the same for the same seed, whatever ran before, and different for another seed', async () => {
    const first = await play(1)
    const others = await Promise.all([2, 3, 4].map((seed) => play(seed)))
    expect(told(await play(1))).toEqual(told(first))
    expect(others.some((other) => told(other).choices !== told(first).choices)).toBe(true)
  })

  test('is the same with observations from a file, without asking for a call again', async () => {
    const earlier = await play(5)
    await world.save()
    const later = await open(2, 'observations')
    expect(told(await playRollout(later, SETTINGS, 5))).toEqual(told(earlier))
    expect(later.missed()).toBe(0)
  })

  test('records each decision with the chosen option', async () => {
    const { run, calls } = await play(6)
    expect(run.choices.length).toBeGreaterThan(calls)
    for (const { options, chosen } of run.choices) expect(options[chosen]).toBeDefined()
  })

  test.each([0, 2, 4, 7, 13])('at temperature 0 it is the same search as locate: sample %i', async (sample) => {
    const own = await open(sample, 'others')
    const rollout = await playRollout(own, { ...SETTINGS, temperature: 0 }, 0)
    const { instance } = own
    const found = await locate({
      issue: instance.issue,
      repository: join(folder, instance.repo.replace('/', '+')),
      commit: { revision: instance.baseCommit ?? '', cacheDir: join(folder, 'cache'), environment: process.env },
      policy: createEmbeddedPolicy({ weights: HAND_WEIGHTS }),
      tools: PAPER_TOOLS,
      budget: { maxTurns: 6, maxBreadth: 8 },
    })
    const { turns, calls, breadth, bytesShown, efficiency } = found.stats
    expect(rollout).toMatchObject({ turns, calls, breadth, bytesShown, efficiency, confidence: found.confidence })
    const ranked = rollout.run.search.files.slice(0, 10).map(({ file }) => file.path)
    expect(found.candidates.files.map(({ path }) => path)).toEqual(ranked)
    expect(rollout.isFirstRight).toBe(own.gold.files.includes(found.candidates.files[0]?.path ?? ''))
  })
})
