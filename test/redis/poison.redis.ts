import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import {
  connectQueue,
  createSubmitter,
  type QueueLink,
  shareSettings,
} from '../../packages/fusesearch/src/queue/index.ts'
import { unpackParcel } from '../../packages/fusesearch/src/queue/parcel.ts'
import { ensureBuilt, runFusesearch } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { makeInstances, readRows } from './dataset.ts'
import { startRedis, type TestRedis } from './server.ts'
import { startWorker } from './workers.ts'

let redis: TestRedis

beforeAll(async () => {
  ensureBuilt()
  redis = await startRedis()
})

afterAll(() => redis.close())

/** A connection to an empty Redis; its members are gone, too. */
async function connectEmpty(): Promise<QueueLink> {
  const link = await connectQueue({ queue: redis.url, env: {}, onTrouble: () => undefined })
  onTestFinished(() => link.close())
  await link.redis.flushall()
  return link
}

/** Writes a member with a current heartbeat. */
async function plantMember(link: QueueLink, text: string): Promise<void> {
  const [seconds] = await link.redis.time()
  await link.redis.zadd('fusesearch:alive', Number(seconds) * 1_000, 'other')
  await link.redis.hset('fusesearch:members', 'other', text)
}

test.each(['no JSON', 'null', '[]', '{"role":"worker"}', '{"role":"worker","fingerprint":null}'])(
  'a member of another form, %s, is another version: who joins is refused',
  async (text) => {
    await plantMember(await connectEmpty(), text)
    const refused = await runFusesearch(['worker', '--root', temporaryFolder(), '--queue', redis.url])
    expect(refused.stderr).toMatch(/used by a program whose entry this one can't read\. Install the same version/)
    expect(refused.code).toBe(2)
  },
)

test('a Redis that is full or takes no writes ends a run with its message', async () => {
  const link = await connectEmpty()
  const { folder, dataset } = makeInstances(1)
  const run = ['eval', dataset, '--queue', redis.url, '--out', join(folder, 'run')]
  onTestFinished(async () => void (await link.redis.config('SET', 'maxmemory', '0')))
  await link.redis.config('SET', 'maxmemory', '1')
  const full = await runFusesearch(run)
  expect(full.stderr).toMatch(
    /refuses a command: OOM command not allowed when used memory > 'maxmemory'\. Check its memory limit/,
  )
  expect(full.stderr).not.toMatch(/this is a bug|script/)
  expect(full.code).toBe(2)
})

test("a result that can't be read is a failed row, and the run continues", async () => {
  const link = await connectEmpty()
  const { folder, dataset } = makeInstances(3)
  const out = join(folder, 'run')
  const running = runFusesearch(['eval', dataset, '--quiet', '--queue', redis.url, '--out', out])
  let ids: string[] = []
  while (ids.length < 3) {
    await sleep(50)
    ids = await link.redis.lrange('fusesearch:lab:wait', 0, -1)
  }
  // Like a job whose worker stored its result.
  const forged = [Buffer.from('no parcel'), gzipSync('{"ok":true,"value":7,"events":0}'), gzipSync('{"ok":"perhaps"}')]
  for (const [index, id] of ids.entries()) {
    await link.redis.set(`fusesearch:outcome:lab:${id}`, forged[index] ?? '')
    await link.redis.hset(`fusesearch:lab:${id}`, 'finishedOn', '1')
  }
  const result = await running
  expect(result.stderr).not.toContain('this is a bug')
  expect(result.stderr).toMatch(/The job's result in Redis can't be read[^]*The job's result in Redis isn't a row/)
  expect(readRows(out).map(({ status }) => status)).toEqual(['failed', 'failed', 'failed'])
})

test("a job can't name a path on the worker: nothing outside its own folder is written, read or removed", async () => {
  const link = await connectEmpty()
  const { folder, dataset, places } = makeInstances(2)
  await startWorker(['--queue', redis.url, '--jobs', '1', ...places])
  await runFusesearch(['eval', dataset, '--quiet', '--queue', redis.url, '--out', join(folder, 'run')])
  const [key = ''] = await link.redis.keys('fusesearch:settings:*')
  const parcel = await link.redis.getBuffer(key)
  const settings = shareSettings('evaluate', await unpackParcel(parcel ?? Buffer.alloc(0)))
  const [first = ''] = readFileSync(dataset, 'utf8').split('\n')
  const row = JSON.parse(first) as Record<'base_commit' | 'patch' | 'problem_statement', string>
  const instance = {
    id: 'evil',
    repo: 'tiny/shop',
    baseCommit: row.base_commit,
    issue: row.problem_statement,
    patch: row.patch,
    source: 'x',
    line: 1,
  }
  const mine = join(folder, 'mine/kept.jsonl')
  mkdirSync(dirname(mine))
  writeFileSync(mine, 'kept\n')
  // The worker's folder is in the temporary folder: three levels above a trajectory.
  const outside = `../../../${relative(tmpdir(), mine).replace(/\.jsonl$/, '')}`
  const submitter = await createSubmitter(link, 'lab')
  onTestFinished(() => submitter.close())
  const signal = AbortSignal.timeout(60_000)
  const run = (id: string, task: unknown) =>
    submitter.run({ id, settings, task, repository: 'tiny/shop' }, { signal }).then(
      (value) => JSON.stringify(value),
      (error: Error) => error.message,
    )
  expect(await run('j1', { instance, fileName: outside, policies: ['embedded'] })).toMatch(/an invalid file name/)
  for (const [index, task] of [
    null,
    7,
    {},
    { instance: null },
    { instance, fileName: 5, policies: ['embedded'] },
    { instance: { ...instance, repo: '../../etc' }, fileName: 'x', policies: ['embedded'] },
  ].entries()) {
    expect(await run(`k${index}`, task)).not.toContain('is a bug')
  }
  expect(existsSync(mine) && readFileSync(mine, 'utf8')).toBe('kept\n')
  // The worker is still available for a valid job.
  expect(await run('j2', { instance, fileName: 'x', policies: ['embedded'] })).toContain('"status":"done"')
})
