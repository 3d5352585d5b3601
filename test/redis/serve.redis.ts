import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ensureBuilt, MAIN, ROOT, runFusesearch } from '../support/command.ts'
import { SHOP_ISSUE, temporaryFolder, tinyRepository } from '../support/folder.ts'
import { startRedis, type TestRedis } from './server.ts'
import { startWorker } from './workers.ts'

let redis: TestRedis

beforeAll(async () => {
  ensureBuilt()
  redis = await startRedis()
})

afterAll(() => redis.close())

/** Starts `fusesearch serve` and returns its address. */
async function startServer(...flags: readonly string[]): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, [MAIN, 'serve', '--port', '0', ...flags], {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  if (child.stdout === null) throw new Error('no output')
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  return /http:\S+/.exec(chunk.toString())?.[0] ?? ''
}

async function post(url: string, body: object, accept = 'application/json') {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

function kindsOf(stream: string): string[] {
  return stream.split('\n').filter((line) => line.startsWith('event:'))
}

/** An answer without its times. */
function plain(text: string): string {
  return text.replace(/"(\w*[mM]s)":(?:[\d.]+|\{[^}]*\}|\[[\d.,]*\])/g, '"$1":0')
}

describe('serve over a queue', () => {
  test('answers like a server that searches itself, streams included', async () => {
    const repository = tinyRepository()
    const [own, queued, worker] = await Promise.all([
      startServer('--root', repository),
      startServer('--queue', redis.url),
      startWorker(['--queue', redis.url, '--jobs', '2', '--root', repository]),
    ])
    const asked: [string, object][] = [
      ['/v1/locate', { issue: SHOP_ISSUE }],
      ['/v1/search', { calls: [{ tool: 'grep', arguments: { pattern: 'discount' } }] }],
      ['/v1/symbol', { name: 'apply_discount' }],
      ['/v1/usages', { name: 'items' }],
      ['/v1/ask', { question: 'Where is the discount applied to the cart?' }],
      ['/v1/locate', { issue: SHOP_ISSUE, repository: '/etc' }],
      ['/v1/locate', { issue: SHOP_ISSUE, repository: 'missing' }],
      ['/v1/locate', { issue: '' }],
    ]
    for (const [path, body] of asked) {
      const [here, there] = await Promise.all([post(`${own}${path}`, body), post(`${queued}${path}`, body)])
      expect(there.status, there.text).toBe(here.status)
      expect(plain(there.text)).toBe(plain(here.text))
    }
    const stream = { issue: SHOP_ISSUE, trajectory: true }
    const [here, there] = await Promise.all([
      post(`${own}/v1/locate`, stream, 'text/event-stream'),
      post(`${queued}/v1/locate`, stream, 'text/event-stream'),
    ])
    expect(kindsOf(there.text)).toContain('event: trajectory')
    expect(kindsOf(there.text)).toEqual(kindsOf(here.text))
    // A server learns of a new worker at its own next heartbeat.
    const roots = async (): Promise<unknown> => (await fetch(`${queued}/v1/roots`)).json()
    await expect.poll(roots).toMatchObject({ roots: [repository] })
    // Leaves properly, so that the next test doesn't count it.
    await worker.end('SIGTERM')
  })

  test('has Prometheus metrics of both queues', async () => {
    const repository = tinyRepository()
    const url = await startServer('--queue', redis.url)
    // Nobody takes it yet.
    const waiting = post(`${url}/v1/locate`, { issue: SHOP_ISSUE })
    const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text()
    await expect.poll(metrics).toContain('fusesearch_queue_jobs{queue="serve",state="waiting"} 1')
    await expect.poll(metrics).toMatch(/fusesearch_queue_oldest_waiting_seconds\{queue="serve"\} [1-9]/)
    await startWorker(['--queue', redis.url, '--jobs', '3', '--root', repository])
    expect((await waiting).status).toBe(200)
    const text = await metrics()
    expect(text).toContain('fusesearch_queue_jobs{queue="serve",state="waiting"} 0')
    expect(text).toMatch(/fusesearch_queue_tries_total\{queue="serve",end="done"\} [1-9]/)
    expect(text).toContain('fusesearch_queue_tries_total{queue="lab",end="set-aside"} 0')
    expect(text).toContain('fusesearch_queue_places 3')
  })

  test('answers in time if Redis is full, hangs or is gone', async () => {
    const failing = await startRedis()
    onTestFinished(() => failing.close())
    const url = await startServer('--queue', failing.url, '--max-time', '1s')
    const locate = (): Promise<{ status: number; text: string }> => post(`${url}/v1/locate`, { issue: SHOP_ISSUE })
    const up = async (): Promise<string | undefined> =>
      /fusesearch_queue_up \d/.exec(await (await fetch(`${url}/metrics`)).text())?.[0]
    await failing.command('CONFIG', 'SET', 'maxmemory', '1')
    expect(await locate()).toMatchObject({ status: 503, text: expect.stringContaining('maxmemory') })
    await failing.command('CONFIG', 'SET', 'maxmemory', '0')
    failing.signal('SIGSTOP')
    // The search's time and five more seconds, like a server that searches itself.
    expect((await locate()).status).toBe(504)
    expect(await up()).toBe('fusesearch_queue_up 0')
    failing.signal('SIGCONT')
    await expect.poll(up, { timeout: 20_000 }).toBe('fusesearch_queue_up 1')
    await failing.stop()
    await expect.poll(locate, { timeout: 20_000 }).toMatchObject({
      status: 503,
      text: expect.stringContaining('is not connected'),
    })
    expect(await up()).toBe('fusesearch_queue_up 0')
  })

  test('a client that disconnects ends its request', async () => {
    const url = await startServer('--queue', redis.url)
    const gone = new AbortController()
    const asking = fetch(`${url}/v1/locate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ issue: SHOP_ISSUE }),
      signal: gone.signal,
    }).catch(() => undefined)
    const metrics = async (): Promise<string> => (await fetch(`${url}/metrics`)).text()
    await expect.poll(metrics).toContain('fusesearch_queue_jobs{queue="serve",state="waiting"} 1')
    gone.abort()
    await asking
    await expect.poll(metrics).toContain('fusesearch_queue_jobs{queue="serve",state="waiting"} 0')
  })

  test('a root belongs to a worker', async () => {
    const refused = await runFusesearch(['serve', '--queue', redis.url, '--root', join(temporaryFolder(), '.')])
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('Give --root to `fusesearch worker`')
  })
})
