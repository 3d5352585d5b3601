import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ensureBuilt, ROOT, runFusesearch, startFusesearch } from './support/command.ts'
import { commitAll, SHOP, SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'
import { until } from './support/patience.ts'

beforeAll(ensureBuilt)

const MAIN = join(ROOT, 'packages/fusesearch/dist/cli/main.js')
const NAME = { name: 'test', version: '1' }

interface Server {
  readonly cwd: string
  /** Roots that the client reports when asked; without them it says that it has none. */
  readonly roots?: readonly string[]
}

function processOf(cwd: string): { command: string; args: string[]; cwd: string; stderr: 'ignore' } {
  return { command: process.execPath, args: [MAIN, 'mcp'], cwd, stderr: 'ignore' }
}

function listed(roots: readonly string[]): { uri: string }[] {
  return roots.map((root) => ({ uri: pathToFileURL(root).href }))
}

/** A version 2 client; `auto` speaks the protocol of 2026, `legacy` that of 2025. */
async function connect(server: Server, mode: 'auto' | 'legacy' = 'auto'): Promise<Client> {
  const { roots } = server
  const capabilities = roots === undefined ? {} : { roots: {} }
  const client = new Client(NAME, { versionNegotiation: { mode }, capabilities })
  if (roots !== undefined) client.setRequestHandler('roots/list', () => ({ roots: listed(roots) }))
  await client.connect(new StdioClientTransport(processOf(server.cwd)))
  onTestFinished(() => client.close())
  return client
}

/** A version 1 client. */
async function connectFirst(cwd: string, roots: readonly string[]): Promise<FirstClient> {
  const client = new FirstClient(NAME, { capabilities: { roots: {} } })
  client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: listed(roots) }))
  await client.connect(new FirstTransport(processOf(cwd)))
  onTestFinished(() => client.close())
  return client
}

/** The messages of the progress that the server sends from now on. */
function progressOf({ transport }: Client | FirstClient): readonly string[] {
  const sent: string[] = []
  if (transport === undefined) return sent
  const receive = transport.onmessage as ((...given: readonly object[]) => void) | undefined
  const onmessage = (message: object, ...more: readonly object[]): void => {
    const { method, params } = message as { readonly method?: string; readonly params?: { readonly message?: string } }
    if (method === 'notifications/progress') sent.push(params?.message ?? '')
    receive?.(message, ...more)
  }
  Object.assign(transport, { onmessage })
  return sent
}

const callLocate = { name: 'locate', arguments: { issue: SHOP_ISSUE } }
const LOCATED = {
  structuredContent: {
    files: expect.arrayContaining([
      expect.objectContaining({
        path: 'shop/cart.py',
        functions: [expect.objectContaining({ name: 'Cart.apply_discount', startLine: 10, endLine: 14 })],
        snippets: [expect.objectContaining({ text: expect.stringContaining('def apply_discount(self, percent)') })],
      }),
    ]),
  },
}

function textOf(result: unknown): string {
  return (result as { content: { text: string }[] }).content[0]?.text ?? ''
}

describe('over standard input and output', () => {
  it.each(['auto', 'legacy', 'first'] as const)(
    'a client lists, calls, sees progress and sets roots (%s)',
    async (line) => {
      const folder = temporaryFolder()
      for (const name of ['a', 'b']) writeFiles(join(folder, name), SHOP)
      const roots = [join(folder, 'a')]
      const client = await (line === 'first' ? connectFirst(folder, roots) : connect({ cwd: folder, roots }, line))
      expect(client.getInstructions()).toContain('Use `locate` when')
      const { tools } = await client.listTools()
      expect(tools.map(({ name }) => name)).toEqual(['locate', 'search', 'symbol', 'usages', 'ask'])
      for (const { annotations, inputSchema, outputSchema } of tools) {
        expect(annotations).toMatchObject({ readOnlyHint: true, idempotentHint: true, openWorldHint: false })
        expect([inputSchema.type, outputSchema?.type]).toEqual(['object', 'object'])
      }
      const sent = progressOf(client)
      const told: { progress: number; message?: string | undefined }[] = []
      const onprogress = (one: (typeof told)[number]): void => {
        // The version 2 client reports the request for roots.
        if (one.message?.startsWith('Turn') || one.message?.startsWith('Answered')) told.push(one)
      }
      const result =
        client instanceof FirstClient
          ? await client.callTool(callLocate, undefined, { onprogress })
          : await client.callTool(callLocate, { onprogress })
      expect(result).toMatchObject(LOCATED)
      expect(result).toMatchObject({ structuredContent: { repository: join(folder, 'a') } })
      expect(textOf(result)).toContain('10-14 "Cart.apply_discount"')
      expect(told.map(({ progress }) => progress)).toEqual(told.map((_, index) => index + 1))
      expect(told[0]?.message).toMatch(/^Turn 1: \d calls/)
      // What comes together with the result, as on a busy machine, a client doesn't tell any more.
      expect(sent.at(-1)).toMatch(/^Answered after \d turns/)
      const other = { ...callLocate, arguments: { ...callLocate.arguments, repository: join(folder, 'b') } }
      expect(textOf(await client.callTool(other))).toContain('outside of what may be searched')
      roots.splice(0, 1, temporaryFolder())
      const refused = textOf(await client.callTool(callLocate))
      expect(refused).toContain(`The client works in ${roots[0]}, and this server may search ${folder} only.`)
      expect(refused).toContain(`fusesearch mcp --root ${roots[0]}`)
    },
  )

  it('searches commits like files, and answers with them', async () => {
    const cwd = tinyRepository()
    writeFiles(cwd, { 'shop/cart.py': `${SHOP['shop/cart.py']}\n` })
    commitAll(cwd, 'Round apply_discount down')
    const client = await connect({ cwd })
    const calls = [{ tool: 'history', arguments: { query: 'apply_discount' } }]
    const found = textOf(await client.callTool({ name: 'search', arguments: { calls } }))
    expect(found).toContain('Round apply_discount down')
    expect(await client.callTool(callLocate)).toMatchObject({ structuredContent: { notices: [] } })
  })

  it('leaves no process behind if a call is cancelled or the client disconnects', async () => {
    const client = await connect({ cwd: slowTree() })
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

  it('a root must exist when the server starts', async () => {
    const { code, stderr } = await runFusesearch(['mcp', '--root', 'nowhere'], { cwd: temporaryFolder() })
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'fusesearch: The root nowhere is no folder that can be read. Check the path.\n',
    })
  })
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
