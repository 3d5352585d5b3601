import { symlinkSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseTrajectory } from '../packages/fusesearch/src/agent/index.ts'
import { type McpOptions, serveMcp } from '../packages/fusesearch/src/serve/index.ts'
import { git, SHOP, SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'

const NAME = { name: 'test', version: '1' }
const TOKEN = 'a token of the test'

interface Setting {
  readonly roots: readonly string[]
  readonly token?: string
  readonly host?: string
}

/** Starts a server on a free port and returns its address. */
async function serve({ roots, token, host = '127.0.0.1' }: Setting): Promise<string> {
  const controller = new AbortController()
  let served: Promise<void> | undefined
  const url = new Promise<string>((resolve, reject) => {
    const transport: McpOptions['transport'] = {
      kind: 'http',
      host,
      port: 0,
      token,
      allowedHosts: [],
      signal: controller.signal,
      onListening: resolve,
      onError: () => undefined,
    }
    const commits = { cacheDir: temporaryFolder(), environment: process.env }
    served = serveMcp({ roots, cwd: '/', version: '0.0.0', commits, transport })
    served.catch(reject)
  })
  onTestFinished(async () => {
    controller.abort()
    await served?.catch(() => undefined)
  })
  return url
}

async function connect(url: string, mode: 'auto' | 'legacy' = 'auto'): Promise<Client> {
  const client = new Client(NAME, { versionNegotiation: { mode } })
  await client.connect(new StreamableHTTPClientTransport(new URL(url)))
  onTestFinished(() => client.close())
  return client
}

const callLocate = { name: 'locate', arguments: { issue: SHOP_ISSUE } }
const LOCATED = {
  structuredContent: { files: expect.arrayContaining([expect.objectContaining({ path: 'shop/cart.py' })]) },
}

function textOf(result: unknown): string {
  return (result as { content: { text: string }[] }).content[0]?.text ?? ''
}

function sizeOf(result: { readonly structuredContent?: unknown }): number {
  return Math.max(Buffer.byteLength(textOf(result)), Buffer.byteLength(JSON.stringify(result.structuredContent)))
}

describe('over HTTP', () => {
  it.each(['auto', 'legacy'] as const)(
    'the second line of clients lists, calls and sees progress (%s)',
    async (mode) => {
      const client = await connect(await serve({ roots: [tinyRepository()] }), mode)
      expect((await client.listTools()).tools).toHaveLength(5)
      const told: (string | undefined)[] = []
      const onprogress = ({ message }: { message?: string | undefined }): void => void told.push(message)
      expect(await client.callTool(callLocate, { onprogress })).toMatchObject(LOCATED)
      expect(told[0]).toMatch(/^Turn 1/)
    },
  )

  it('version 1 clients list and call', async () => {
    const client = new FirstClient(NAME)
    const transport = new FirstTransport(new URL(await serve({ roots: [tinyRepository()] })))
    await client.connect(transport)
    onTestFinished(() => client.close())
    expect((await client.listTools()).tools).toHaveLength(5)
    expect(await client.callTool(callLocate)).toMatchObject(LOCATED)
  })

  it('a cancelled call ends on both sides', async () => {
    const client = await connect(await serve({ roots: [tinyRepository()] }))
    const controller = new AbortController()
    const cancelled = client.callTool(callLocate, { signal: controller.signal })
    controller.abort()
    await expect(cancelled).rejects.toThrow()
    expect(await client.callTool(callLocate)).toMatchObject(LOCATED)
  })

  it('many at once are all answered', async () => {
    const client = await connect(await serve({ roots: [tinyRepository()] }))
    const results = await Promise.all(Array.from({ length: 12 }, () => client.callTool(callLocate)))
    for (const result of results) expect(result).toMatchObject(LOCATED)
  })
})

describe('the arguments of locate', () => {
  it('an unknown one is refused by its name, in search and its calls too', async () => {
    const client = await connect(await serve({ roots: [tinyRepository()] }))
    const calls = [
      { name: 'locate', arguments: { issue: SHOP_ISSUE, maxfiles: 1 } },
      { name: 'search', arguments: { calls: [{ tool: 'glob', arguments: { patterns: ['*'] } }], headLimit: 1 } },
      { name: 'search', arguments: { calls: [{ tool: 'glob', arguments: { patterns: ['*'] }, why: 'x' }] } },
    ]
    const texts = await Promise.all(calls.map(async (call) => textOf(await client.callTool(call))))
    for (const [index, name] of ['maxfiles', 'headLimit', 'why'].entries()) expect(texts[index]).toContain(name)
  })

  it('path narrows the search, and the source of the places is still read', async () => {
    const client = await connect(await serve({ roots: [tinyRepository()] }))
    const snippets = [expect.objectContaining({ text: expect.stringContaining('def apply_discount') })]
    for (const path of ['shop', './shop/']) {
      const { structuredContent } = await client.callTool({ name: 'locate', arguments: { issue: SHOP_ISSUE, path } })
      const file = expect.objectContaining({ path: 'shop/cart.py', snippets })
      expect(structuredContent).toMatchObject({ files: expect.arrayContaining([file]) })
    }
    const outside = await client.callTool({ name: 'locate', arguments: { issue: SHOP_ISSUE, path: '../..' } })
    expect(textOf(outside)).toContain('leads out of')
  })

  it('includeTests ranks tests like other files', async () => {
    const root = tinyRepository({ ...SHOP, 'test/test_discount.py': SHOP['shop/cart.py'] })
    const client = await connect(await serve({ roots: [root] }))
    const pathsWith = async (includeTests: boolean): Promise<readonly string[]> => {
      const { structuredContent } = await client.callTool({
        name: 'locate',
        arguments: { issue: SHOP_ISSUE, includeTests },
      })
      const { files } = structuredContent as { files: { path: string; isAnswer: boolean }[] }
      return files.filter(({ isAnswer }) => isAnswer).map(({ path }) => path)
    }
    expect(await pathsWith(false)).not.toContain('test/test_discount.py')
    expect(await pathsWith(true)).toContain('test/test_discount.py')
  })

  it('rev searches a commit, including its source, and nothing outside the folder', async () => {
    const root = tinyRepository()
    writeFiles(root, { 'shop/cart.py': 'nothing = 1\n' })
    const client = await connect(await serve({ roots: [root, join(root, 'shop')] }))
    const located = (repository: string, path?: string) =>
      client.callTool({
        name: 'locate',
        arguments: { issue: SHOP_ISSUE, repository, rev: 'HEAD', ...(path === undefined ? {} : { path }) },
      })
    const snippets = [expect.objectContaining({ text: expect.stringContaining('def apply_discount') })]
    for (const path of [undefined, 'shop/']) {
      const file = expect.objectContaining({ path: 'shop/cart.py', snippets })
      expect(await located(root, path)).toMatchObject({ structuredContent: { files: expect.arrayContaining([file]) } })
    }
    // The commits of a folder inside a work tree also contain the folders above it.
    expect(await located(join(root, 'shop'))).toMatchObject({ isError: true })
    const linked = join(temporaryFolder(), 'linked')
    git(root, 'worktree', 'add', '--quiet', linked)
    const other = await connect(await serve({ roots: [linked] }))
    const refused = await other.callTool({ name: 'locate', arguments: { issue: SHOP_ISSUE, rev: 'HEAD' } })
    expect(textOf(refused)).toContain('leads out of it')
  })
})

it('the trajectory of an answer is a resource, only by its name', async () => {
  const client = await connect(await serve({ roots: [tinyRepository()] }))
  const { structuredContent } = await client.callTool(callLocate)
  const { trajectory, stats } = structuredContent as { trajectory: string; stats: { turns: number } }
  const { contents } = await client.readResource({ uri: trajectory })
  const [content] = contents as { text: string; mimeType: string }[]
  const parsed = await parseTrajectory(content?.text ?? '', 'test')
  expect(parsed).toMatchObject({ complete: true, end: { stats: { turns: stats.turns } } })
  expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(1)
  expect((await client.listResources()).resources).toEqual([])
  await expect(client.readResource({ uri: `${trajectory.slice(0, -1)}z` })).rejects.toThrow()
})

it("the prompts separate the user's text from the task", async () => {
  const client = await connect(await serve({ roots: [tinyRepository()] }))
  expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual(['locate-issue', 'explain-where'])
  const { messages } = await client.getPrompt({ name: 'locate-issue', arguments: { issue: SHOP_ISSUE } })
  expect(messages.map(({ content }) => (content as { text: string }).text)).toEqual([
    expect.stringContaining('locate'),
    SHOP_ISSUE,
  ])
})

it('an answer is never older than its question', async () => {
  const root = tinyRepository()
  const client = await connect(await serve({ roots: [root] }))
  for (let added = 0; added < 6; added++) {
    const source = `${'# A line more.\n'.repeat(added)}${SHOP['shop/cart.py']}`
    writeFiles(root, { 'shop/cart.py': source.replaceAll('apply_discount', `apply_discount${added}`) })
    const issue = SHOP_ISSUE.replaceAll('apply_discount', `apply_discount${added}`)
    const { structuredContent } = await client.callTool({ name: 'locate', arguments: { issue } })
    const range = { name: `Cart.apply_discount${added}`, startLine: 10 + added, endLine: 14 + added }
    const located = expect.objectContaining({ path: 'shop/cart.py', functions: expect.arrayContaining([range]) })
    expect(structuredContent).toMatchObject({ files: expect.arrayContaining([located]) })
  }
})

describe('access', () => {
  it.each([
    ['a foreign host (DNS rebinding)', { host: 'evil.example' }, 403],
    ['a foreign origin', { origin: 'https://evil.example' }, 403],
    ['an origin of nowhere', { origin: 'null' }, 403],
    ['no token', { authorization: '' }, 401],
    ['a wrong token', { authorization: 'Bearer wrong' }, 401],
    ['all that is asked for', {}, 200],
    ['an origin of this machine', { origin: 'http://localhost:3000' }, 200],
  ])('%s is answered as it must be', async (_name, headers, status) => {
    const url = await serve({ roots: [tinyRepository()], token: TOKEN })
    expect(await statusOf(url, { authorization: `Bearer ${TOKEN}`, ...headers })).toBe(status)
  })

  it('another path is not found, a broken body and one too large are refused', async () => {
    const url = await serve({ roots: [tinyRepository()] })
    expect(await statusOf(url.replace('/mcp', '/other'), {})).toBe(404)
    expect(await statusOf(url, {}, '{"jsonrpc":')).toBe(400)
    expect(await statusOf(url, {}, `"${'x'.repeat(4_100_000)}"`)).toBe(413)
  })

  it('a public address needs a token', async () => {
    const roots = [tinyRepository()]
    await expect(serve({ roots, host: '0.0.0.0' })).rejects.toThrow('Set FUSESEARCH_TOKEN')
    expect(await statusOf(await serve({ roots, host: '0.0.0.0', token: TOKEN }), {})).toBe(401)
  })
})

describe('what may be searched', () => {
  it('is the folders of the command line, and nothing else', async () => {
    const [inside, outside] = [tinyRepository(), tinyRepository()]
    symlinkSync(outside, join(inside, 'way-out'))
    symlinkSync(join(inside, 'shop'), join(inside, 'way-round'))
    const client = await connect(await serve({ roots: [inside] }))
    const at = (repository: string): Promise<unknown> =>
      client.callTool({ name: 'locate', arguments: { issue: SHOP_ISSUE, repository } })
    for (const place of [join(inside, 'shop'), 'shop', '.']) {
      expect(await at(place)).not.toMatchObject({ isError: true })
    }
    for (const [place, reason] of [
      [outside, 'outside of what may be searched'],
      ['..', 'outside of what may be searched'],
      ['/', 'outside of what may be searched'],
      [`${inside}/../${outside.split('/').at(-1)}`, 'outside of what may be searched'],
      [`${inside}-evil`, 'outside of what may be searched'],
      [join(inside, 'way-out'), 'reached through a link'],
      [join(inside, 'way-out', 'shop'), 'reached through a link'],
      [join(inside, 'way-round'), 'reached through a link'],
      [join(inside, 'README.md'), 'readable folder'],
      ['nowhere', 'readable folder'],
      ['a\0b', 'NUL'],
    ] as const) {
      const refused = await at(place)
      expect(refused).toMatchObject({ isError: true })
      expect(textOf(refused)).toContain(reason)
    }
    const read = { tool: 'read_file', arguments: { path: 'way-out/README.md' } }
    const result = await client.callTool({ name: 'search', arguments: { calls: [read] } })
    expect(textOf(result)).toContain('leads out of the repository through a link')
  })

  it('must be named if there are several', async () => {
    const [first, second] = [tinyRepository(), tinyRepository()]
    const client = await connect(await serve({ roots: [first, second] }))
    expect(textOf(await client.callTool(callLocate))).toContain(`${first}, ${second}`)
    const named = { ...callLocate, arguments: { ...callLocate.arguments, repository: second } }
    expect(await client.callTool(named)).toMatchObject(LOCATED)
  })
})

describe('a result', () => {
  it("for a set of calls has one per call; a bad call doesn't affect others", async () => {
    const client = await connect(await serve({ roots: [tinyRepository()] }))
    const calls = [
      { tool: 'grep', arguments: { pattern: 'def total', context: 1 } },
      { tool: 'grep', arguments: { pattern: '(' } },
      { tool: 'delete', arguments: {} },
      { tool: 'read_file', arguments: { path: '../../etc/passwd' } },
      { tool: 'glob', arguments: { patterns: ['*.py'] } },
    ]
    const result = await client.callTool({ name: 'search', arguments: { calls } })
    const { results } = result.structuredContent as { results: { ok: boolean; text: string }[] }
    expect(results.map(({ ok }) => ok)).toEqual([true, true, false, false, true])
    expect(results[1]?.text).toContain('searched as plain text')
    expect(results[0]?.text).toContain('16:    def total(self):')
    expect(results[3]?.text).toContain('is not below the root')
    expect(result.isError).not.toBe(true)
  })

  it('for a failure says so and what to do', async () => {
    const client = await connect(await serve({ roots: [tinyRepository()] }))
    const result = await client.callTool({ name: 'locate', arguments: { issue: '   ' } })
    expect(result).toMatchObject({ isError: true })
    expect(textOf(result)).toMatch(/issue/i)
    const wrong = client.callTool({ name: 'locate', arguments: { issue: 3 } })
    await expect(wrong).resolves.toMatchObject({ isError: true })
  })

  it('stays within its budget, in both forms, and says what was left out', async () => {
    const body = Array.from({ length: 300 }, (_, index) => longLine(index)).join('')
    const source = SHOP['shop/cart.py'].replace('        return self.total()\n', `${body}        return self.total()\n`)
    const client = await connect(await serve({ roots: [tinyRepository({ ...SHOP, 'shop/cart.py': source })] }))
    for (const snippetTokens of [0, 100, 1_000]) {
      const result = await client.callTool({ name: 'locate', arguments: { issue: SHOP_ISSUE, snippetTokens } })
      expect(sizeOf(result)).toBeLessThanOrEqual(3 * (2_000 + snippetTokens))
      if (snippetTokens > 0) expect(textOf(result)).toContain('source of "shop/cart.py" ')
    }
    const calls = [
      { tool: 'read_file', arguments: { path: 'shop/cart.py' } },
      { tool: 'grep', arguments: { pattern: 'x' } },
      { tool: 'read_file', arguments: { path: 'README.md' } },
    ]
    const result = await client.callTool({ name: 'search', arguments: { calls, maxTokens: 1_000 } })
    expect(sizeOf(result)).toBeLessThanOrEqual(3_000)
    expect(textOf(result)).toContain('raise maxTokens')
    expect(textOf(result)).toContain('A cart and a catalog.')
  })
})

function longLine(index: number): string {
  return `        self.price_${index} = "${'x'.repeat(60)}"\n`
}

/** The status of an `initialize`, sent by hand so that every header can be wrong. */
function statusOf(url: string, headers: Readonly<Record<string, string>>, body = INITIALIZE): Promise<number> {
  const own = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { ...own, ...headers } }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: NAME },
})
