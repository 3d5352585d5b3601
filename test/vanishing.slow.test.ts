import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { createScriptedPolicy, EMPTY_ANSWER } from '../packages/fusesearch/src/agent/index.ts'
import { locate } from '../packages/fusesearch/src/locate/index.ts'
import { startHttpServer } from '../packages/fusesearch/src/serve/index.ts'
import { ensureBuilt, ROOT, startFusesearch } from './support/command.ts'
import { SHOP_ISSUE, temporaryFolder, tinyRepository } from './support/folder.ts'
import { until } from './support/patience.ts'
import { startScriptedServer } from './support/scripted-model/index.ts'

const CART = 'shop/cart.py'
const NOTICE = /shop\/cart\.py: left out of the answer, because it (?:doesn't exist|disappeared)/
beforeAll(ensureBuilt)

/** A file of the answer exists when the policy finds it and is gone when the answer is checked. */
it('the library drops a file that vanishes during the run, with a notice', async () => {
  const repository = tinyRepository()
  const answer = { ...EMPTY_ANSWER, files: [{ path: CART, score: 1, functions: [], evidence: [] }], confidence: 0.5 }
  const policy = createScriptedPolicy({
    steps: [
      { kind: 'calls', calls: [{ tool: 'read_file', arguments: { path: CART } }] },
      { kind: 'answer', answer },
    ],
  })
  const onEvent = ({ kind }: { readonly kind: string }): void => {
    if (kind === 'turn-finished') rmSync(join(repository, CART), { force: true })
  }
  const { files, notices, confidence } = await locate({ issue: SHOP_ISSUE, repository, policy, onEvent })
  expect({ files, confidence }).toEqual({ files: [], confidence: 0 })
  expect(notices.join('\n')).toMatch(NOTICE)
})

it('so does the command', async () => {
  const repository = tinyRepository()
  const server = await startScriptedServer({
    script: ({ turn }) => {
      if (turn === 0) return { calls: [{ name: 'read_file', arguments: { path: CART } }] }
      rmSync(join(repository, CART), { force: true })
      return { calls: [{ name: 'answer', arguments: { files: [{ path: CART, functions: [] }] } }] }
    },
  })
  onTestFinished(() => server.close())
  const model = ['--policy', 'llm', '--model', 'scripted', '--base-url', server.url, '--trust', '1']
  const ended = await startFusesearch(['locate', ...model, '--repo', repository, '--json', SHOP_ISSUE])
  const { files, notices } = JSON.parse(ended.stdout) as { files: unknown[]; notices: string[] }
  expect([ended.code, files]).toEqual([1, []])
  expect(notices.join('\n')).toMatch(NOTICE)
})

it('so does HTTP, at any moment', async () => {
  const root = tinyRepository()
  const failures: unknown[] = []
  const onFailure = (error: unknown): void => void failures.push(error)
  const server = await startHttpServer({ roots: [root], port: 0, version: '0', onFailure })
  onTestFinished(() => server.close(0))
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ issue: SHOP_ISSUE })
  await untilNoticed(root, async () => {
    const answer = await fetch(`${server.url}/v1/locate`, { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
    return answer.text()
  })
  expect(failures).toEqual([])
})

it('so does MCP, at any moment', async () => {
  const root = tinyRepository()
  const client = new Client({ name: 'test', version: '1' })
  const main = join(ROOT, 'packages/fusesearch/dist/cli/main.js')
  const place = { command: process.execPath, args: [main, 'mcp'], cwd: root }
  await client.connect(new StdioClientTransport(place))
  onTestFinished(() => client.close())
  await untilNoticed(root, async () => {
    const result = await client.callTool({ name: 'locate', arguments: { issue: SHOP_ISSUE } })
    expect(result.isError ?? false).toBe(false)
    return JSON.stringify(result.structuredContent)
  })
})

/**
 * Sends requests while a process removes the file and restores it, until an answer has the notice. A walk doesn't trust a
 * file that moved just before it or meanwhile, so the pauses grow until they are longer than a walk.
 */
async function untilNoticed(root: string, ask: () => Promise<string>): Promise<void> {
  const script = `const { renameSync } = require('node:fs')
const [file, aside] = [${JSON.stringify(join(root, CART))}, ${JSON.stringify(join(temporaryFolder(), 'aside'))}]
const [start, cell] = [Date.now(), new Int32Array(new SharedArrayBuffer(4))]
const pause = () => Atomics.wait(cell, 0, 0, Math.random() * 150 * 2 ** Math.min((Date.now() - start) / 5_000, 6))
for (;;) { renameSync(file, aside); pause(); renameSync(aside, file); pause() }`
  const taker = spawn(process.execPath, ['--eval', script], { stdio: 'ignore' })
  onTestFinished(() => void taker.kill('SIGKILL'))
  // One must meet the moment between the search of the file and the check of the answer.
  await until(async () => NOTICE.test(await ask()))
  expect(taker.exitCode).toBe(null)
}
