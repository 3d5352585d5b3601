import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensureBuilt, ROOT } from './support/command.ts'
import { tinyWorld } from './support/environment.ts'
import { temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'

beforeAll(ensureBuilt)

const CLI = join(ROOT, 'packages/fusesearch/dist/cli')
const MAIN = join(CLI, 'main.js')
const START = `import { startWatchdog } from ${JSON.stringify(join(CLI, 'watchdog.js'))}
const stop = startWatchdog(process)
`
/** In seconds. */
const LIMIT = '1'
const BLOCK = 'for (;;);'
/** Blocks without processor time. */
const WAIT = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'

interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<readonly [code: number | null, signal: string | null]>
  readonly said: () => string
}

const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

function run(args: readonly string[]): Running {
  const env = { ...process.env, FUSESEARCH_WATCHDOG: LIMIT }
  const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  children.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (text += bytes.toString()))
  const ended = once(child, 'close') as Promise<[number | null, string | null]>
  return { child, ended, said: () => text }
}

function runScript(script: string): Running {
  return run(['--input-type=module', '--eval', START + script])
}

async function saidBy({ said }: Running, words: string): Promise<void> {
  while (!said().includes(words)) await delay(20)
}

test.concurrent('a process whose main thread is blocked ends with a line on standard error', async () => {
  const running = runScript(`setTimeout(() => { ${BLOCK} }, 100)`)
  expect(await running.ended).toEqual([null, 'SIGKILL'])
  expect(running.said()).toMatch(
    /^fusesearch: the main thread has been blocked for \d s, so this process ends now\. Start it again\.\n$/,
  )
})

test.concurrent('it ends even if nobody reads its standard error', async () => {
  const { child, ended } = runScript(`process.stderr.write('x'.repeat(1_000_000)); setTimeout(() => { ${BLOCK} }, 100)`)
  child.stderr?.pause()
  const exited = once(child, 'exit')
  expect((await exited)[1]).toBe('SIGKILL')
  child.stderr?.resume()
  await ended
})

test.concurrent('it ends later if it waits instead of working', async () => {
  const started = performance.now()
  const running = runScript(`setTimeout(() => ${WAIT}, 100)`)
  expect(await running.ended).toEqual([null, 'SIGKILL'])
  expect(running.said()).toContain('blocked for 4 s')
  expect(performance.now() - started).toBeGreaterThan(4_000)
})

test.concurrent('long work with pauses continues, and the watchdog keeps no process alive', async () => {
  const running = runScript(`for (let round = 0; round < 5; round++) {
  const start = performance.now()
  while (performance.now() - start < 300);
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 60))
}
console.log('done')`)
  expect(await running.ended).toEqual([0, null])
  expect(running.said()).toBe('done\n')
})

test.concurrent('a stopped watchdog ends nothing', async () => {
  const running = runScript(`stop()
const start = performance.now()
while (performance.now() - start < 1_500);`)
  expect(await running.ended).toEqual([0, null])
})

test.skipIf(process.platform === 'win32')('a paused process goes on where it was', { concurrent: true }, async () => {
  const running = runScript(
    `process.stdin.on('data', () => { console.log('alive'); process.exit() }); console.log('up')`,
  )
  await saidBy(running, 'up')
  running.child.kill('SIGSTOP')
  await delay(1_500)
  running.child.kill('SIGCONT')
  await delay(300)
  running.child.stdin?.write('x')
  expect(await running.ended).toEqual([0, null])
  expect(running.said()).toBe('up\nalive\n')
})

const CAPABILITIES = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
const HELLO = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: CAPABILITIES })

test.skipIf(process.platform === 'win32')('every server has one', { concurrent: true }, async () => {
  const root = tinyRepository()
  const folder = writeFiles(temporaryFolder(), { 'block.mjs': `process.on('SIGUSR2', () => { ${WAIT} })` })
  const hook = join(folder, 'block.mjs')
  const { dataset, repos, cacheDir } = await tinyWorld()
  // Each with its line when it serves. Blocked without work, because four that work would need four cores.
  const servers: readonly (readonly [string, readonly string[]])[] = [
    ['Listening', ['serve', '--root', root, '--port', '0']],
    ['Listening', ['env', 'serve', dataset, '--repos', repos, '--cache', cacheDir, '--port', '0']],
    ['MCP at', ['mcp', '--root', root, '--http', '0']],
    ['"result"', ['mcp', '--root', root]],
  ]
  const ends = servers.map(async ([words, args]) => {
    const running = run(['--import', hook, MAIN, ...args])
    running.child.stdin?.write(`${HELLO}\n`)
    await saidBy(running, words)
    running.child.kill('SIGUSR2')
    return [...(await running.ended), /blocked for \d s/.test(running.said())]
  })
  expect(await Promise.all(ends)).toEqual(servers.map(() => [null, 'SIGKILL', true]))
})
