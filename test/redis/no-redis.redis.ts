import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { connectQueue } from '../../packages/fusesearch/src/queue/index.ts'
import { ensureBuilt, runFusesearch } from '../support/command.ts'
import { temporaryFolder } from '../support/folder.ts'
import { startRedis } from './server.ts'
import { startWorker } from './workers.ts'

beforeAll(ensureBuilt)

/** The address of a server that treats each connection as described. It ends with the test. */
async function startOther(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const worker = (queue: string): Promise<{ code: number | null; stderr: string }> =>
  runFusesearch(['worker', '--root', temporaryFolder(), '--queue', queue])

test.each([
  ['says nothing', (): void => undefined, /gave no answer within 10 s/],
  ['closes each connection', (socket: Socket): void => void socket.end(), /gave no answer within 10 s/],
  [
    'speaks HTTP',
    (socket: Socket): void => void socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    /can't be used: Unknown RESP type/,
  ],
  [
    'says yes to everything',
    (socket: Socket): void => void socket.on('data', () => socket.write('+OK\r\n'.repeat(9))),
    /can't be used: .*Start Redis/,
  ],
])('what %s is no Redis, and a worker says so', async (_, onConnection, says) => {
  const { code, stderr } = await worker(await startOther(onConnection))
  expect(stderr).toMatch(says)
  expect(stderr).not.toContain('this is a bug')
  expect(code).toBe(2)
})

test('an abort ends the wait for the first answer', async () => {
  const queue = await startOther(() => undefined)
  const controller = new AbortController()
  const connecting = connectQueue({ queue, env: {}, onTrouble: () => undefined, signal: controller.signal })
  controller.abort(new Error('enough'))
  await expect(connecting).rejects.toThrow('enough')
})

test('an idle worker whose Redis is gone stops at once on a signal', async () => {
  const redis = await startRedis()
  const waiting = await startWorker(['--queue', redis.url, '--drain', '60s', '--root', temporaryFolder()])
  await redis.close()
  while (!waiting.stderr().includes('is lost')) await sleep(50)
  const started = performance.now()
  expect(await waiting.end('SIGTERM')).toBe(143)
  // A drain would take a minute.
  expect(performance.now() - started).toBeLessThan(30_000)
})
