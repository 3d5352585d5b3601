import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
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

/** How a Redis is started. */
export interface RedisOptions {
  readonly password?: string
  /** Paths of its key and certificate; then it takes encrypted connections only. */
  readonly tls?: { readonly key: string; readonly certificate: string }
}

/** Starts the `redis-server` that `npm run test:redis` found. */
export async function startRedis({ password, tls }: RedisOptions = {}): Promise<TestRedis> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-redis-')))
  const port = await freePort()
  const secret = password === undefined ? [] : ['--requirepass', password]
  const start = (): Promise<ChildProcess> => startServer(folder, [...listeningAt(port, tls), ...secret])
  let server = await start()
  const kill = async (): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  }
  return {
    url: `${tls === undefined ? 'redis' : 'rediss'}://127.0.0.1:${port}`,
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

const PROGRAM = process.env['FUSESEARCH_REDIS'] ?? 'redis-server'

/** Whether the server can encrypt: one that was built without TLS doesn't know its settings. */
export function hasTls(): boolean {
  const { stdout, stderr } = spawnSync(PROGRAM, ['--port', '0', '--tls-port', '1', '--tls-cert-file', '/nowhere'], {
    encoding: 'utf8',
  })
  return !`${stdout}${stderr}`.includes('Bad directive')
}

function listeningAt(port: number, tls: RedisOptions['tls']): string[] {
  if (tls === undefined) return ['--port', String(port)]
  const files = ['--tls-key-file', tls.key, '--tls-cert-file', tls.certificate]
  return ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', ...files]
}

async function startServer(folder: string, more: readonly string[]): Promise<ChildProcess> {
  const settings = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes']
  const server = spawn(PROGRAM, [...settings, ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
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
