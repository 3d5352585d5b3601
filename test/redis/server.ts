import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

/** A Redis of a test, with an append-only file, on its own port. */
export interface TestRedis {
  readonly url: string
  readonly port: number
  /** Kills it like a power cut, and starts it again with its file. */
  restart(): Promise<void>
  /** Kills it and leaves its file. */
  stop(): Promise<void>
  signal(name: 'SIGSTOP' | 'SIGCONT'): void
  command(name: string, ...values: readonly string[]): Promise<unknown>
  close(): Promise<void>
}

/** Starts the `redis-server` that `npm run test:redis` found. */
export async function startRedis({ password }: { readonly password?: string } = {}): Promise<TestRedis> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-redis-')))
  const port = await freePort()
  const secret = password === undefined ? [] : ['--requirepass', password]
  const start = (): Promise<ChildProcess> => startServer(port, folder, secret)
  let server = await start()
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async restart() {
      await kill()
      server = await start()
    },
    stop: kill,
    signal: (name) => void server.kill(name),
    async command(name, ...values) {
      const redis = new Redis(port, '127.0.0.1', { password: password ?? '' })
      try {
        return await redis.call(name, ...values)
      } finally {
        redis.disconnect()
      }
    },
    async close() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function startServer(port: number, folder: string, more: readonly string[]): Promise<ChildProcess> {
  const program = process.env['FUSESEARCH_REDIS'] ?? 'redis-server'
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes']
  const server = spawn(program, [...settings, ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.on('exit', (code) => reject(new Error(`redis-server ended with exit code ${code}`)))
    server.stdout.on('data', (chunk: Buffer) => {
      if (chunk.includes('Ready to accept connections')) resolve()
    })
  })
  server.removeAllListeners('exit')
  return server
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
