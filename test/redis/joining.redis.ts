import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectQueue, createSharedPace, joinQueue } from '../../packages/fusesearch/src/queue/index.ts'
import { ensureBuilt, runFusesearch, startFusesearch } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { makeInstances, readRows } from './dataset.ts'
import { startSlowModel } from './model.ts'
import { startRedis, type TestRedis } from './server.ts'
import { startWorker } from './workers.ts'

let redis: TestRedis

beforeAll(async () => {
  ensureBuilt()
  redis = await startRedis()
})

afterAll(() => redis.close())

const FINGERPRINT = { version: '0.0.9', code: 'c', lab: 'l', weights: 'w', rg: '15.0.0' }

async function connect(url = redis.url) {
  return connectQueue({ queue: url, env: {}, onTrouble: () => undefined })
}

describe('joining a queue', () => {
  test('refuses a worker of another version or with other weights, and reports the differences', async () => {
    const link = await connect()
    const about = { role: 'submitter', machine: 'm', places: 0, roots: [], fingerprint: FINGERPRINT } as const
    const membership = await joinQueue(link, about)
    const refused = await runFusesearch(['worker', '--queue', redis.url])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(
      /used by a submitter that differs from this program: version 0\.0\.9 there, \S+ here/,
    )
    expect(refused.stderr).toContain('weights w there')
    const weights = { ...about, fingerprint: { ...FINGERPRINT, weights: 'x' } }
    await expect(joinQueue(link, weights)).rejects.toMatchObject({ code: 'queue-mismatch' })
    // A machine without the lab is compatible.
    const product = await joinQueue(link, { ...about, fingerprint: { ...FINGERPRINT, lab: null } })
    expect(product.members()).toHaveLength(2)
    await Promise.all([product.leave(), membership.leave()])
    await link.close()
  })

  test("a model that the worker doesn't name is not used, and the run says why", async () => {
    const [named, other] = [await startSlowModel(10), await startSlowModel(10)]
    const { folder, dataset, places } = makeInstances(3)
    await startWorker(['--queue', redis.url, '--jobs', '1', ...places], {
      ...other.env,
      FUSESEARCH_API_KEY: 'secret-of-a-worker',
    })
    const run = ['eval', dataset, '--policy', 'llm', '--model', 'slow', '--quiet', '--out', join(folder, 'run')]
    const result = await runFusesearch([...run, '--queue', redis.url], { env: named.env })
    expect(result.code).toBe(2)
    expect(result.stderr).toContain("this worker's FUSESEARCH_BASE_URL is http://127.0.0.1")
    expect(named.asked).toEqual([])
  })

  test('refuses flags that belong to workers', async () => {
    const { folder, dataset, places } = makeInstances(1)
    const run = ['eval', dataset, '--out', join(folder, 'run')]
    for (const [flags, says] of [
      [['--queue', redis.url, ...places], 'Give --repos to `fusesearch worker`'],
      [['--queue', redis.url, '--jobs', '4'], 'Give --jobs to `fusesearch worker`'],
      [
        ['--requests-per-minute', '3', '--policy', 'llm', '--model', 'm', '--base-url', 'http://127.0.0.1:1/v1'],
        'Add --queue',
      ],
    ] as const) {
      const refused = await runFusesearch([...run, ...flags])
      expect(refused.stderr).toContain(says)
      expect(refused.code).toBe(2)
    }
  })

  test('the password is in no message and no file', async () => {
    const guarded = await startRedis({ password: 'gr3at-secret/of a queue' })
    try {
      const { folder, dataset, places } = makeInstances(2)
      const password = 'gr3at-secret/of a queue'
      const url = guarded.url.replace('redis://', `redis://:${encodeURIComponent(password)}@`)
      const wrong = await runFusesearch([
        'worker',
        '--queue',
        guarded.url.replace('redis://', 'redis://:wr0ng-secret@'),
      ])
      expect(wrong.code).toBe(2)
      expect(wrong.stderr).toMatch(/can't be used: WRONGPASS/)
      const bad = await runFusesearch(['worker', '--queue', `redis://:${password}@127.0.0.1`])
      expect(bad.stderr).toMatch(/--queue isn't the address of a Redis/)
      const worker = await startWorker(['--queue', url, '--jobs', '1', ...places])
      const out = join(folder, 'run')
      const done = await runFusesearch(['eval', dataset, '--out', out, '--queue', guarded.url], {
        env: { FUSESEARCH_QUEUE_PASSWORD: password },
      })
      expect(done.code, done.stderr).toBe(1)
      expect(readRows(out)).toHaveLength(2)
      const again = await runFusesearch(['eval', dataset, '--out', join(folder, 'again'), '--queue', url])
      const { readFileSync } = await import('node:fs')
      const texts = [wrong.stderr, bad.stderr, worker.stderr(), done.stderr, again.stderr, again.stdout]
      texts.push(readFileSync(join(folder, 'again/run.json'), 'utf8'))
      expect(texts.join('\n')).not.toMatch(/gr3at|wr0ng|of a queue|of%20a/)
      expect(texts.join('\n')).toContain('--queue redis://127.0.0.1:')
    } finally {
      await guarded.close()
    }
  })

  test('explains what to do without a Redis and without its libraries', async () => {
    const absent = await runFusesearch(['worker', '--queue', 'redis://127.0.0.1:1'])
    expect(absent.code).toBe(2)
    expect(absent.stderr).toMatch(/The queue at redis:\/\/127\.0\.0\.1:1 can't be used: .*ECONNREFUSED.*Start Redis/)
    const hook = join(temporaryFolder(), 'without.mjs')
    const resolver = `export const resolve = (name, context, next) => {
      if (name === 'bullmq') throw Object.assign(new Error("Cannot find package 'bullmq'"), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(name, context)
    }`
    writeFileSync(
      hook,
      `import { register } from 'node:module'\nregister('data:text/javascript,' + encodeURIComponent(${JSON.stringify(resolver)}))\n`,
    )
    // The hook needs a separate process.
    const missing = await startFusesearch(['worker', '--queue', redis.url], {
      env: { NODE_OPTIONS: `--import ${pathToFileURL(hook).href}` },
    })
    expect(missing.code).toBe(2)
    expect(missing.stderr).toMatch(/needs the packages bullmq and ioredis.*npm install --ignore-scripts bullmq@/)
  })
})

describe('the rate limit of a model', () => {
  test('applies to all processes in every window, and waits if the endpoint asks for it', async () => {
    const links = [await connect(), await connect()]
    const windowMs = 1_000
    const options = { endpoint: `requests ${redis.port}`, requestsPerMinute: 4, tokensPerMinute: null, windowMs }
    const paces = links.map((link) => createSharedPace(link, options))
    const signal = new AbortController().signal
    const started = performance.now()
    const times: number[] = []
    await Promise.all(
      Array.from({ length: 12 }, async (_, index) => {
        await paces[index % 2]?.enter(1, signal)
        times.push(performance.now() - started)
      }),
    )
    times.sort((a, b) => a - b)
    // The fifth after the first, the ninth after the fifth: no window has more than four.
    for (const [index, time] of times.entries()) {
      const fourBefore = times[index - 4]
      if (fourBefore !== undefined) expect(time - fourBefore).toBeGreaterThan(windowMs * 0.9)
    }
    const [first] = paces
    await first?.hold(700)
    const held = performance.now()
    await createSharedPace(links[1] as (typeof links)[0], options).enter(1, signal)
    expect(performance.now() - held).toBeGreaterThan(600)
    for (const link of links) await link.close()
  })

  test('counts the actual tokens of requests; one above the limit runs alone', async () => {
    const link = await connect()
    const options = { endpoint: `tokens ${redis.port}`, requestsPerMinute: null, tokensPerMinute: 100, windowMs: 1_000 }
    const pace = createSharedPace(link, options)
    const signal = new AbortController().signal
    const settle = await pace.enter(50, signal)
    await settle(95)
    const started = performance.now()
    await pace.enter(10, signal)
    expect(performance.now() - started).toBeGreaterThan(700)
    await pace.enter(500, signal)
    const stop = AbortSignal.timeout(100)
    await expect(pace.enter(1, stop)).rejects.toMatchObject({ name: 'TimeoutError' })
    await link.close()
  })

  test('counts every request of a run under its endpoint', async () => {
    const model = await startSlowModel(10)
    const { folder, dataset, places } = makeInstances(4)
    await startWorker(['--queue', redis.url, '--jobs', '2', ...places], model.env)
    const run = ['eval', dataset, '--policy', 'llm', '--model', 'slow', '--quiet', '--out', join(folder, 'run')]
    const limits = ['--requests-per-minute', '600', '--tokens-per-minute', '1000000']
    const result = await runFusesearch([...run, '--queue', redis.url, ...limits], { env: model.env })
    expect(result.code, result.stderr).toBe(1)
    const link = await connect()
    const logs = await link.redis.keys('fusesearch:pace:*')
    const counts = await Promise.all(logs.map((key) => link.redis.zcard(key)))
    // Three instances of two requests each; the fourth has no commit.
    expect(counts).toContain(6)
    await link.close()
  })
})
