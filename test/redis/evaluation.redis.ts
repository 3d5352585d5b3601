import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runFusesearch } from '../support/command.ts'
import { makeInstances, readRows, trajectories, withoutTimes } from './dataset.ts'
import { startRedis, type TestRedis } from './server.ts'
import { startWorker } from './workers.ts'

let redis: TestRedis

beforeAll(async () => {
  ensureBuilt()
  redis = await startRedis()
})

afterAll(() => redis.close())

describe('eval over a queue', () => {
  test('gives the same rows and trajectories as --jobs, except for timings', async () => {
    const { folder, dataset, places } = makeInstances(6)
    const [here, there] = [join(folder, 'here'), join(folder, 'there')]
    const policies = ['-p', 'embedded,sequential,bm25', '--quiet']
    const local = await runFusesearch(['eval', dataset, ...places, ...policies, '--jobs', '2', '--out', here])
    expect(local.code, local.stderr).toBe(1)
    const flags = ['--queue', redis.url, ...places]
    await Promise.all([startWorker([...flags, '--jobs', '2']), startWorker([...flags, '--jobs', '1'])])
    const queued = await runFusesearch(['eval', dataset, ...policies, '--queue', redis.url, '--out', there])
    expect(queued.code, queued.stderr).toBe(1)
    expect(readRows(there)).toHaveLength(18)
    expect(withoutTimes(there)).toEqual(withoutTimes(here))
    expect(trajectories(there)).toEqual(trajectories(here))
  })
})
