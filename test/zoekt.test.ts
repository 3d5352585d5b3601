import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { ask, findSymbols, findUsages } from '../packages/fusesearch/src/ask/index.ts'
import {
  type Backend,
  type Call,
  createEmbeddedPolicy,
  locate,
  zoektBackend,
} from '../packages/fusesearch/src/index.ts'
import { openWorkspace, PAPER_TOOLS, PROGRAM_LIMITS, type Workspace } from '../packages/fusesearch/src/search/index.ts'
import { type McpOptions, serveMcp, startHttpServer } from '../packages/fusesearch/src/serve/index.ts'
import { ensureBuilt, runFusesearch } from './support/command.ts'
import { SHOP_ISSUE } from './support/folder.ts'
import { arbitraryCall } from './support/zoekt/calls.ts'
import { comparable, runCalls } from './support/zoekt/compare.ts'
import { CORPUS_NAME, makeCorpus } from './support/zoekt/corpus.ts'
import { startRecorded, startRecorder, startZoekt, type TestZoekt } from './support/zoekt/server.ts'

// Without variables the recorded answers of a real zoekt are used. scripts/test-zoekt.mjs sets them.
const { FUSESEARCH_ZOEKT_PROGRAMS: programs, FUSESEARCH_ZOEKT_RECORD: zoekt } = process.env
/** A running zoekt, a checkout of its indexed commit, and the filter that names it there. */
const { FUSESEARCH_ZOEKT_LIVE: live, FUSESEARCH_ZOEKT_REPO: checkout, FUSESEARCH_ZOEKT_FILTER: filter } = process.env
const RECORDED = fileURLToPath(new URL('support/zoekt/recorded.json.br', import.meta.url))
const RUNS = Number(process.env['FUSESEARCH_PROPERTY_RUNS'] ?? 15)

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-zoekt-')))
const repository = checkout ?? join(folder, CORPUS_NAME)
const servers: TestZoekt[] = []
let url = ''
let commit = ''
let local: Workspace

beforeAll(async () => {
  ensureBuilt()
  if (checkout === undefined) {
    mkdirSync(repository)
    commit = makeCorpus(repository)
  }
  local = await openWorkspace({ root: repository })
  url = await start()
})

afterAll(async () => {
  await local.close()
  for (const server of servers.reverse()) await server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<string> {
  if (live !== undefined) return live
  if (programs === undefined) {
    servers.push(await startRecorded(RECORDED))
  } else {
    servers.push(await startZoekt(programs, { repository, index: join(folder, 'index') }))
    const real = servers[0]?.url ?? ''
    if (zoekt !== undefined) servers.push(await startRecorder(real, { zoekt, file: RECORDED }))
  }
  return servers.at(-1)?.url ?? ''
}

function backend(address = url, repoFilter = filter): Backend {
  const made = zoektBackend({ address, repoFilter })
  onTestFinished(() => made.close())
  return made
}

/** The address with a user, which must never be shown. */
function withKey(): string {
  return url.replace('//', '//reader:open-sesame@')
}

const SOURCE = { repository: CORPUS_NAME, branch: 'HEAD', prefix: '' }

/** The same turns in each run, because the recorded answers belong to them. */
function samples(call = arbitraryCall()): readonly (readonly Call[])[] {
  return fc.sample(fc.array(call, { minLength: 1, maxLength: 4 }), { numRuns: RUNS, seed: 7 })
}

/** Random calls with the words and paths of the checkout. */
async function liveCall(): Promise<ReturnType<typeof arbitraryCall>> {
  const limits = { limits: PROGRAM_LIMITS, bytesLeft: 100_000_000, signal: new AbortController().signal }
  const paths = fc.sample(fc.constantFrom(...(await local.tree.listFiles())), { numRuns: 60, seed: 7 })
  const reads = paths.map((path): Call => ({ tool: 'read_file', arguments: { path, endLine: 300 } }))
  const { observations } = await local.runTurn(reads, limits)
  const lines = observations.flatMap((seen) => (seen.ok && seen.tool === 'read_file' ? seen.lines : []))
  const words = lines.flatMap(({ text }) => text.match(/[\p{L}_]\w{2,20}/gu) ?? [])
  return arbitraryCall(fc.sample(fc.constantFrom(...words), { numRuns: 200, seed: 7 }), paths)
}

test(`${RUNS} random turns show what they show in a folder`, { timeout: 600_000 }, async () => {
  const { workspace, sources } = await backend().open({})
  onTestFinished(() => workspace.close())
  expect(sources).toHaveLength(1)
  for (const calls of samples(checkout === undefined ? undefined : await liveCall())) {
    const [here, there] = await Promise.all([runCalls(local, calls), runCalls(workspace, calls)])
    expect(there.map(comparable), JSON.stringify(calls)).toEqual(here.map(comparable))
  }
})

const isMade = checkout === undefined

test.runIf(isMade)('a folder of it has the paths of that folder', async () => {
  const { workspace } = await backend().open({ path: 'src/' })
  onTestFinished(() => workspace.close())
  const inside = await openWorkspace({ root: join(repository, 'src') })
  onTestFinished(() => inside.close())
  const calls = [
    { tool: 'grep', arguments: { pattern: 'foo', mode: 'counts', globs: ['foo/**', '!*.md'] } },
    { tool: 'glob', arguments: { patterns: ['foo/*', 'a.py'] } },
    { tool: 'read_file', arguments: { path: 'a.py' } },
    { tool: 'read_file', arguments: { path: 'shop/cart.py' } },
  ] as const
  const [here, there] = await Promise.all([runCalls(inside, calls), runCalls(workspace, calls)])
  expect(there.map(comparable)).toEqual(here.map(comparable))
  await expect(backend().open({ path: 'nowhere' })).rejects.toThrow("The path nowhere isn't in the index")
})

test.runIf(isMade)('what is missed gets suggestions of the same names and paths', async () => {
  const { workspace } = await backend().open({})
  onTestFinished(() => workspace.close())
  const calls = [
    { tool: 'grep', arguments: { pattern: 'aply_discount' } },
    { tool: 'glob', arguments: { patterns: ['shop/carts.py'] } },
    { tool: 'read_file', arguments: { path: 'shop/catalogue.py' } },
  ] as const
  const [here, there] = [await runCalls(local, calls, 3), await runCalls(workspace, calls, 3)]
  expect(there.map(comparable)).toEqual(here.map(comparable))
  expect(there[0]).toMatchObject({ suggestions: expect.arrayContaining(['apply_discount (shop/cart.py:10)']) })
})

test.runIf(isMade)('a revision is found by its hash, and another one is refused', async () => {
  const { workspace, sources } = await backend().open({ revision: commit.slice(0, 10) })
  await workspace.close()
  expect(sources).toEqual([{ ...SOURCE, commit }])
  await expect(backend().open({ revision: 'v1.4.0' })).rejects.toThrow(/hasn't indexed v1\.4\.0. It has HEAD of/)
  await expect(backend(url, 'no-such').open({})).rejects.toThrow('no repository whose name matches no-such')
  await expect(backend(url, '(').open({})).rejects.toThrow(/^zoekt refuses the filter \(:/)
})

describe.runIf(isMade)('what stands above the tools', () => {
  const asked = { issue: SHOP_ISSUE, tools: PAPER_TOOLS, repository: '' }

  test('locate gives the same checked answer, with the repository and its commit', async () => {
    const here = await locate({ ...asked, repository, policy: createEmbeddedPolicy() })
    const there = await locate({ ...asked, backend: backend(), policy: createEmbeddedPolicy() })
    expect(there.files).toEqual(here.files)
    expect(there.candidates).toEqual(here.candidates)
    expect(there.files[0]?.functions[0]?.name).toBe('Cart.apply_discount')
    expect(there.sources).toEqual([{ ...SOURCE, commit }])
    expect(here.sources).toBeUndefined()
    const history = there.notices.filter((notice) => notice.includes('history'))
    expect(history).toEqual([`Searched without history, because zoekt at ${url} has no earlier commits.`])
    expect(there.notices).toContainEqual(expect.stringContaining(`${CORPUS_NAME} at ${commit.slice(0, 12)} (HEAD)`))
  })

  test('ask, symbols and usages give the same results as for a folder', async () => {
    const [here, there] = [{ repository }, { repository: '', backend: backend() }]
    const question = 'where is a discount applied to the items of the cart?'
    const [asked1, asked2] = [await ask({ ...here, question }), await ask({ ...there, question })]
    expect(asked2.places.length).toBeGreaterThan(0)
    expect(asked2.places).toEqual(asked1.places)
    expect(asked2.sources).toEqual([{ ...SOURCE, commit }])
    const [symbols1, symbols2] = [
      await findSymbols({ ...here, name: 'total' }),
      await findSymbols({ ...there, name: 'total' }),
    ]
    expect(symbols2.symbols).toEqual(symbols1.symbols)
    expect(symbols2.sources).toEqual([{ ...SOURCE, commit }])
    const [usages1, usages2] = [
      await findUsages({ ...here, name: 'items' }),
      await findUsages({ ...there, name: 'items' }),
    ]
    expect(usages2.usages).toEqual(usages1.usages)
    expect(usages2.sources).toEqual([{ ...SOURCE, commit }])
  })
})

describe.runIf(isMade)('every interface', () => {
  test('the command takes --backend and --repo-filter, and shows no password', async () => {
    const flags = ['--backend', `zoekt=${withKey()}`, '--repo-filter', 'fusesearch-.*']
    const located = await runFusesearch(['locate', ...flags, '--json', '--trajectory', join(folder, 't'), SHOP_ISSUE])
    expect(JSON.parse(located.stdout)).toMatchObject({
      files: [{ path: 'shop/cart.py' }],
      sources: [{ ...SOURCE, commit }],
    })
    const searched = await runFusesearch(['search', ...flags, 'def total', '--json'])
    expect(JSON.parse(searched.stdout).observations[0].files.map(({ path }: { path: string }) => path)).toContain(
      'shop/cart.py',
    )
    const told = await runFusesearch(['symbol', ...flags, 'total'])
    expect(told.stderr).toContain(`Searched with zoekt at ${url}`)
    for (const { stdout, stderr } of [located, searched, told]) expect(stdout + stderr).not.toMatch(/sesame|reader/)
    expect(readFileSync(join(folder, 't'), 'utf8')).not.toMatch(/sesame|reader/)
    const unset = await runFusesearch(['search', '--backend', 'zoekt', 'x'], { env: { FUSESEARCH_ZOEKT_URL: '' } })
    expect(unset).toMatchObject({ code: 2, stderr: expect.stringContaining('set FUSESEARCH_ZOEKT_URL') })
    const other = await runFusesearch(['search', '--backend', 'sesame=1', 'x'])
    expect(other).toMatchObject({ code: 2, stderr: expect.not.stringContaining('sesame') })
  })

  test('the HTTP server searches it, and no request can choose another place', async () => {
    const server = await startHttpServer({ roots: [], backend: backend(withKey()), port: 0, version: '1' })
    onTestFinished(() => server.close(0))
    expect(server.roots).toEqual([`zoekt at ${url}`])
    const post = async (route: string, body: object): Promise<{ status: number; body: unknown }> => {
      const headers = { 'content-type': 'application/json' }
      const reply = await fetch(server.url + route, { method: 'POST', headers, body: JSON.stringify(body) })
      return { status: reply.status, body: await reply.json() }
    }
    const located = await post('/v1/locate', { issue: SHOP_ISSUE })
    expect(located.body).toMatchObject({ files: [{ path: 'shop/cart.py' }], sources: [{ ...SOURCE, commit }] })
    const calls = [{ tool: 'grep', arguments: { pattern: 'def total' } }]
    expect(await post('/v1/search', { calls })).toMatchObject({
      body: { observations: [{ ok: true, notices: [{ message: expect.stringContaining(commit.slice(0, 12)) }] }] },
    })
    expect(await post('/v1/symbol', { name: 'total' })).toMatchObject({ body: { sources: [{ commit }] } })
    for (const asked of ['/', 'http://example.org']) {
      expect((await post('/v1/search', { calls, repository: asked })).status).toBe(400)
    }
    expect(JSON.stringify(located)).not.toMatch(/sesame|reader/)
  })

  test('the MCP server searches it', async () => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } })
    await client.connect(new StreamableHTTPClientTransport(new URL(await serve(backend(withKey())))))
    onTestFinished(() => client.close())
    const located = await client.callTool({ name: 'locate', arguments: { issue: SHOP_ISSUE } })
    expect(located.structuredContent).toMatchObject({
      files: expect.arrayContaining([
        expect.objectContaining({
          path: 'shop/cart.py',
          snippets: [expect.objectContaining({ text: expect.stringContaining('def apply_discount') })],
        }),
      ]),
      sources: [{ ...SOURCE, commit }],
    })
    const calls = [{ tool: 'read_file', arguments: { path: 'shop/cart.py', endLine: 4 } }]
    const searched = await client.callTool({ name: 'search', arguments: { calls } })
    expect(searched.structuredContent).toMatchObject({
      results: [{ ok: true, text: expect.stringContaining('class Cart') }],
    })
    const other = await client.callTool({ name: 'search', arguments: { calls, repository: '/etc' } })
    expect(other).toMatchObject({ isError: true })
    expect(JSON.stringify([located, searched, other])).not.toMatch(/sesame|reader/)
  })
})

async function serve(searched: Backend): Promise<string> {
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  return new Promise<string>((resolve, reject) => {
    const transport: McpOptions['transport'] = {
      kind: 'http',
      host: '127.0.0.1',
      port: 0,
      token: undefined,
      allowedHosts: [],
      signal: controller.signal,
      onListening: resolve,
      onError: () => undefined,
    }
    serveMcp({ roots: [], backend: searched, cwd: '/', version: '0.0.0', transport }).catch(reject)
  })
}
