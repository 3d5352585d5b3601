import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ListRootsRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ensureBuilt, ROOT, runFusesearch } from './support/command.ts'
import { commitAll, SHOP, SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'

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

  it('a root must exist when the server starts', async () => {
    const { code, stderr } = await runFusesearch(['mcp', '--root', 'nowhere'], { cwd: temporaryFolder() })
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "fusesearch: The root nowhere isn't a readable folder. Check the path.\n",
    })
  })
})
