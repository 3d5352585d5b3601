import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runFusesearch, startFusesearch } from '../support/command.ts'
import { makeInstances, readRows, withoutTimes } from './dataset.ts'
import { startSlowModel } from './model.ts'
import { startRedis, type TestRedis } from './server.ts'
import { startWorker, type TestWorker } from './workers.ts'

let redis: TestRedis

beforeAll(async () => {
  ensureBuilt()
  redis = await startRedis()
})

afterAll(() => redis.close())

/** Instances, and how their evaluation and its workers are started. */
async function scene(count: number, model: { readonly env: Readonly<Record<string, string>> }) {
  const { folder, dataset, places } = makeInstances(count)
  const out = join(folder, 'run')
  const run = ['eval', dataset, '--model', 'slow', '--quiet', '--policy']
  return {
    out,
    worker: (jobs: number, ...more: string[]): Promise<TestWorker> =>
      startWorker(['--queue', redis.url, '--jobs', String(jobs), ...places, ...more], model.env),
    evaluate: (policies: string, onStart?: (id: number) => void) =>
      startFusesearch([...run, policies, '--queue', redis.url, '--out', out], {
        env: model.env,
        ...(onStart === undefined ? {} : { onStart }),
      }),
    quietRows: async (): Promise<string[]> => {
      const quiet = join(folder, 'quiet')
      await runFusesearch([...run, 'llm', ...places, '--jobs', '8', '--out', quiet], { env: model.env })
      return withoutTimes(quiet)
    },
  }
}

describe("failures of a queue's parts", () => {
  test('kill -9 of a worker and of Redis loses, doubles and changes no row', async () => {
    const model = await startSlowModel(500)
    const { out, worker, evaluate, quietRows } = await scene(16, model)
    const quiet = await quietRows()
    const before = model.asked.length
    const [first] = await Promise.all([worker(3), worker(2)])
    const running = evaluate('llm')
    await model.came(before + 4)
    await first.end('SIGKILL')
    await redis.restart()
    const result = await running
    expect(result.code, result.stderr).toBe(1)
    expect(readRows(out)).toHaveLength(16)
    expect(withoutTimes(out)).toEqual(quiet)
  })

  test('an instance that kills its process is set aside after three tries and named', async () => {
    const started: TestWorker[] = []
    const model = await startSlowModel(200, (number) => {
      const id = started[0]?.process.pid
      if (number !== 1 || id === undefined) return
      for (const child of execFileSync('pgrep', ['-P', String(id)], { encoding: 'utf8' })
        .trim()
        .split('\n'))
        process.kill(Number(child), 'SIGKILL')
    })
    const { out, worker, evaluate } = await scene(4, model)
    started.push(await worker(1))
    // A policy that works, beside the one that waits: so each job has a separate process.
    const result = await evaluate('llm,bm25')
    expect(result.stderr).toMatch(/s-2 under llm failed 3 times and was set aside: .*ended by SIGKILL/)
    expect(model.asked.filter((number) => number === 1)).toHaveLength(3)
    const failed = readRows(out).filter(({ status }) => status === 'failed')
    expect(failed.map(({ id, policy, error }) => `${id} ${policy} ${error?.code}`).sort()).toEqual([
      's-2 llm worker-died',
      's-4 bm25 unknown-commit',
      's-4 llm unknown-commit',
    ])
    expect(readRows(out)).toHaveLength(8)
  })

  test('Ctrl-C withdraws waiting jobs and lets running ones finish; the same command continues, and nothing runs twice', async () => {
    const model = await startSlowModel(1_500)
    const { out, worker, evaluate } = await scene(9, model)
    await worker(2)
    const stopped = await evaluate('llm', (id) => void model.came(2).then(() => process.kill(id, 'SIGINT')))
    expect(stopped.code).toBe(130)
    // The running ones have finished, and no other has begun.
    await wait(3_000)
    expect(model.asked).toHaveLength(2)
    const last = await evaluate('llm')
    expect(last.code, last.stderr).toBe(1)
    expect(readRows(out)).toHaveLength(9)
    expect(model.asked).toHaveLength(8)
  })

  test('a killed submitter continues where it was; what its workers did meanwhile is not repeated', async () => {
    const model = await startSlowModel(300)
    const { out, worker, evaluate } = await scene(9, model)
    await worker(2)
    await evaluate('llm', (id) => void model.came(3).then(() => process.kill(id, 'SIGKILL')))
    await model.came(8)
    const last = await evaluate('llm')
    expect(last.code, last.stderr).toBe(1)
    expect(readRows(out)).toHaveLength(9)
    expect(model.asked).toHaveLength(8)
  })

  test('SIGTERM drains a worker: it finishes its jobs, and another takes the rest', async () => {
    const model = await startSlowModel(1_000)
    const { out, worker, evaluate } = await scene(9, model)
    const first = await worker(2)
    const running = evaluate('llm')
    await model.came(2)
    const [code] = await Promise.all([first.end('SIGTERM'), worker(4)])
    expect(code).toBe(143)
    expect((await running).code).toBe(1)
    expect(readRows(out)).toHaveLength(9)
    expect(model.asked).toHaveLength(8)
  })

  test('a drain that takes too long returns the jobs at once', async () => {
    const model = await startSlowModel(4_000)
    const { out, worker, evaluate } = await scene(2, model)
    const first = await worker(1, '--drain', '100ms')
    const running = evaluate('llm')
    await model.came(1)
    await Promise.all([first.end('SIGTERM'), worker(1)])
    const started = performance.now()
    expect((await running).code).toBe(1)
    // Not only after its lock on the job expired.
    expect(performance.now() - started).toBeLessThan(14_000)
    expect(readRows(out)).toHaveLength(2)
    expect(model.asked).toHaveLength(2)
  })
})
