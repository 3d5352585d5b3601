import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runFusesearch } from '../support/command.ts'
import { makeTinySamples } from '../support/tiny-samples.ts'
import { trajectories, withoutTimes } from './dataset.ts'
import { startRedis, type TestRedis } from './server.ts'
import { startWorker } from './workers.ts'

let redis: TestRedis
let folder: string

beforeAll(async () => {
  ensureBuilt()
  redis = await startRedis()
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-test-')))
  const rows = makeTinySamples(folder)
  const write = (name: string, repositories: readonly string[], count: number): void => {
    const own = rows.filter(({ repo }) => repositories.includes(repo)).slice(0, count)
    writeFileSync(join(folder, name), own.map((row) => `${JSON.stringify(row)}\n`).join(''))
  }
  write('train.jsonl', ['tiny/shop', 'tiny/mail'], 8)
  write('validation.jsonl', ['tiny/maps'], 2)
})

afterAll(async () => {
  await redis.close()
  rmSync(folder, { recursive: true, force: true })
})

const here = ['--repos', '{owner}+{name}', '--cache', 'cache']

const withoutMs = (text: string): string => text.replace(/"(\w*[mM]s)":[\d.]+/g, '"$1":0')

function startHere(jobs: number) {
  const places = ['--repos', join(folder, '{owner}+{name}'), '--cache', join(folder, 'cache')]
  return startWorker(['--queue', redis.url, '--jobs', String(jobs), ...places])
}

describe('the lab over a queue', () => {
  test('train learns the same weights as here', async () => {
    const tiny = ['--iterations', '1', '--samples-per-iteration', '2', '--group', '2', '--rollouts', '1', '--quiet']
    const run = ['train', 'train.jsonl', '--validation', 'validation.jsonl', ...tiny]
    const own = await runFusesearch([...run, ...here, '--out', 'here'], { cwd: folder })
    expect(own.code, own.stderr).toBe(0)
    await Promise.all([startHere(1), startHere(1)])
    const queued = await runFusesearch([...run, '--queue', redis.url, '--out', 'there'], { cwd: folder })
    expect(queued.code, queued.stderr).toBe(0)
    const weights = (name: string): string => readFileSync(join(folder, name, 'weights.json'), 'utf8')
    expect(weights('there')).toBe(weights('here'))
  })

  test('rollout keeps the same samples with their complete trajectories', async () => {
    const run = ['rollout', 'validation.jsonl', '--samples', '3', '--quiet']
    await runFusesearch([...run, ...here, '--out', 'rolled-here'], { cwd: folder })
    await startHere(2)
    const queued = await runFusesearch([...run, '--queue', redis.url, '--out', 'rolled-there'], { cwd: folder })
    expect(queued.code, queued.stderr).toBe(0)
    expect(withoutTimes(join(folder, 'rolled-there'))).toEqual(withoutTimes(join(folder, 'rolled-here')))
    expect(trajectories(join(folder, 'rolled-there'))).toEqual(trajectories(join(folder, 'rolled-here')))
    const samples = (name: string): string => readFileSync(join(folder, name, 'samples.jsonl'), 'utf8')
    expect(withoutMs(samples('rolled-there'))).toBe(withoutMs(samples('rolled-here')))
  })
})
