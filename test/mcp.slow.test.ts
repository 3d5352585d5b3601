import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { beforeAll, expect, it, onTestFinished } from 'vitest'
import { ensureBuilt, ROOT, startFusesearch } from './support/command.ts'
import { SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'
import { until } from './support/patience.ts'

beforeAll(ensureBuilt)

it('a server over standard input and output leaves no process behind if a call is cancelled or the client disconnects', async () => {
  const client = new Client({ name: 'test', version: '1' })
  const main = join(ROOT, 'packages/fusesearch/dist/cli/main.js')
  const server = { command: process.execPath, args: [main, 'mcp'], cwd: slowTree(), stderr: 'ignore' } as const
  await client.connect(new StdioClientTransport({ ...server, args: [...server.args] }))
  onTestFinished(() => client.close())
  const { pid } = client.transport as StdioClientTransport
  if (pid === null) throw new Error('no process')
  const controller = new AbortController()
  const cancelled = client.callTool(slowCall, { signal: controller.signal })
  await until(() => searchesOf(pid).length > 0)
  controller.abort()
  await expect(cancelled).rejects.toThrow()
  await until(() => searchesOf(pid).length === 0)
  expect(await client.callTool({ name: 'search', arguments: { calls: [readOne] } })).toMatchObject({ content: [{}] })
  client.callTool(slowCall).catch(() => undefined)
  await until(() => searchesOf(pid).length > 0)
  const children = [...childrenOf(pid), ...searchesOf(pid)]
  await client.close()
  await until(() => [pid, ...children].every((one) => !isRunning(one)))
})

it('nothing of the protocol is loaded for `fusesearch locate`', async () => {
  const coverage = temporaryFolder()
  await startFusesearch(['locate', SHOP_ISSUE, '--repo', tinyRepository()], { env: { NODE_V8_COVERAGE: coverage } })
  const [file] = readdirSync(coverage)
  const { result } = JSON.parse(readFileSync(join(coverage, file ?? ''), 'utf8')) as { result: { url: string }[] }
  const loaded = result.map(({ url }) => url)
  expect(loaded.filter((url) => /\/dist\/cli\/chunk-search-/.test(url))).not.toEqual([])
  const foreign = /modelcontextprotocol|\/hono\/|\/zod\/|chunk-(?:mcp|serve|server|servers|models|llm|training)-/
  expect(loaded.filter((url) => foreign.test(url))).toEqual([])
})

const readOne = { tool: 'read_file', arguments: { path: 'file0.txt' } }
/** An expression that is slow in ripgrep on every line: word boundaries beyond ASCII disable its fast paths. */
const slowCall = {
  name: 'search',
  arguments: {
    calls: [{ tool: 'grep', arguments: { pattern: String.raw`(?:\b\w{1,40}\b\s?){1,40}[^\w\s]`, mode: 'counts' } }],
  },
}

function slowTree(): string {
  const text = `${'äb '.repeat(1_300)}\n`.repeat(50)
  const names = Array.from({ length: 20 }, (_, index) => [`file${index}.txt`, text])
  return writeFiles(temporaryFolder(), Object.fromEntries(names) as Record<string, string>)
}

/** Running child processes of a process. */
function childrenOf(processId: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => statusOf(child)?.parent === processId)
}

/** Running searches of a process, started directly or by its shells. */
function searchesOf(processId: number): number[] {
  const children = childrenOf(processId)
  return [...children, ...children.flatMap(childrenOf)].filter((child) => statusOf(child)?.name === 'rg')
}

function isRunning(processId: number): boolean {
  const status = statusOf(processId)
  return status !== undefined && status.state !== 'Z'
}

interface Status {
  readonly name: string | undefined
  readonly state: string | undefined
  readonly parent: number
}

function statusOf(processId: number): Status | undefined {
  try {
    const [, name, rest = ''] = /^\d+ \((.*)\) (.*)/s.exec(readFileSync(`/proc/${processId}/stat`, 'utf8')) ?? []
    const [state, parent] = rest.split(' ')
    return { name, state, parent: Number(parent) }
  } catch {
    return undefined
  }
}
