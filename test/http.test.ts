import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { type HttpServer, type HttpServerOptions, startHttpServer } from '../packages/fusesearch/src/serve/index.ts'
import { ensureBuilt, ROOT } from './support/command.ts'
import { SHOP, SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'

type Located = {
  readonly files: readonly { readonly path: string; readonly functions: readonly { readonly name: string }[] }[]
}
type Refused = { readonly error: { readonly code: string; readonly message: string } }

async function serve(options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await startHttpServer({ roots: [tinyRepository()], port: 0, version: '1.2.3', ...options })
  onTestFinished(() => server.close(0))
  return server
}

function post(url: string, body: unknown, init: RequestInit = {}): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string>) }
  return fetch(url, { method: 'POST', body: JSON.stringify(body), ...init, headers })
}

async function refusal(answer: Response): Promise<{ status: number; code: string }> {
  const { error } = (await answer.json()) as Refused
  expect(error.message).toMatch(/\.$/)
  return { status: answer.status, code: error.code }
}

/** `fetch` sets the Host header itself. */
function statusWith(server: HttpServer, headers: Readonly<Record<string, string>>): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(`${server.url}/health`, { headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asked.on('error', reject).end()
  })
}

async function gauge(server: Pick<HttpServer, 'url'>, name: string): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1])
}

describe('locate', () => {
  it('answers with JSON as the OpenAPI document describes it', async () => {
    const server = await serve()
    const answer = await post(`${server.url}/v1/locate`, { issue: SHOP_ISSUE })
    expect(answer.status).toBe(200)
    const located = (await answer.json()) as Located
    expect(located.files[0]).toMatchObject({ path: 'shop/cart.py', functions: [{ name: 'Cart.apply_discount' }] })
    const api = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
      openapi: string
      components: { schemas: Record<string, z.core.JSONSchema.JSONSchema> }
    }
    expect(api.openapi).toBe('3.1.0')
    expect(z.fromJSONSchema(api.components.schemas['LocateResponse'] ?? false).safeParse(located).error).toBeUndefined()
    const references = [...JSON.stringify(api).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name ?? '',
    )
    expect(references.filter((name) => !(name in api.components.schemas))).toEqual([])
  })

  it("sends the search's events, and the same result at its end", async () => {
    const server = await serve()
    const answer = await post(
      `${server.url}/v1/locate`,
      { issue: SHOP_ISSUE },
      { headers: { accept: 'text/event-stream' } },
    )
    expect(answer.headers.get('content-type')).toContain('text/event-stream')
    const events = (await answer.text()).trim().split('\n\n')
    const told = events.map((event) => ({
      kind: /^event: (.*)$/m.exec(event)?.[1],
      data: JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? '') as Record<string, unknown>,
    }))
    expect(told.at(0)).toMatchObject({ kind: 'started', data: { policy: 'embedded', seed: 0 } })
    expect(told.at(1)).toMatchObject({ kind: 'turn', data: { turn: 1 } })
    expect(told.at(-1)?.kind).toBe('result')
    const plain = (await (await post(`${server.url}/v1/locate`, { issue: SHOP_ISSUE })).json()) as Record<
      string,
      unknown
    >
    expect(told.at(-1)?.data['files']).toEqual(plain['files'])
  })

  it("refuses what it can't search, with the next step", async () => {
    const server = await serve()
    const raw = (body: string, type = 'application/json') =>
      fetch(`${server.url}/v1/locate`, { method: 'POST', body, headers: { 'content-type': type } })
    expect(await refusal(await raw('issue=x', 'text/plain'))).toEqual({ status: 415, code: 'not-json' })
    expect(await refusal(await raw('{"issue":'))).toEqual({ status: 400, code: 'bad-json' })
    expect(await refusal(await raw('{"issue":"x","isue":1}'))).toEqual({ status: 400, code: 'bad-request' })
    expect(await (await raw('{"isue":1}')).text()).toContain('issue: is missing; body: Unrecognized key')
    expect(await refusal(await raw('{"issue":""}'))).toEqual({ status: 400, code: 'bad-issue' })
    expect(await refusal(await raw(`"${'x'.repeat(8_000_001)}"`))).toEqual({ status: 413, code: 'body-too-large' })
    expect(await refusal(await post(`${server.url}/v1/locate`, { issue: 'x', path: '..' }))).toMatchObject({
      status: 400,
    })
    expect(await refusal(await fetch(`${server.url}/v2`))).toEqual({ status: 404, code: 'no-such-route' })
  })

  it("answers a route's wrong method with 405 and the right one", async () => {
    const server = await serve()
    const asked = await Promise.all([
      fetch(`${server.url}/v1/locate`),
      fetch(`${server.url}/v1/search?x=1`, { method: 'PUT' }),
      fetch(`${server.url}/openapi.json`, { method: 'DELETE' }),
    ])
    for (const [index, allowed] of ['POST', 'POST', 'GET, HEAD'].entries()) {
      const response = asked[index] as Response
      expect(response.headers.get('allow')).toBe(allowed)
      expect(await refusal(response)).toEqual({ status: 405, code: 'method-not-allowed' })
    }
  })
})

describe('search', () => {
  it('counts what a grep in that mode counts, and returns no zero for the rest', async () => {
    const server = await serve()
    const modes = ['content', 'counts', 'paths'] as const
    const calls = modes.map((mode) => ({ tool: 'grep', arguments: { pattern: 'item', mode, globs: ['shop/cart.py'] } }))
    const { observations } = (await (await post(`${server.url}/v1/search`, { calls })).json()) as {
      observations: { totals: object }[]
    }
    const lines = SHOP['shop/cart.py'].split('\n').filter((line) => line.includes('item'))
    const occurrences = SHOP['shop/cart.py'].split('item').length - 1
    expect(observations.map(({ totals }) => totals)).toEqual([
      { files: 1, lines: lines.length },
      { files: 1, occurrences },
      { files: 1 },
    ])
    expect(occurrences).toBeGreaterThan(lines.length)
  })

  it('runs calls together and keeps the place of an invalid one', async () => {
    const server = await serve()
    const calls = [
      { tool: 'glob', arguments: { patterns: ['shop/*.py'] } },
      { tool: 'grep', arguments: { pattern: 'x', nonsense: 1 } },
      { tool: 'read_file', arguments: { path: '../../etc/passwd' } },
      { tool: 'grep', arguments: { pattern: 'def total' } },
      { tool: 'grep', arguments: { pattern: 'find_prodct' } },
      { tool: 'history', arguments: { query: 'first commit' } },
    ]
    const { observations } = (await (await post(`${server.url}/v1/search`, { calls })).json()) as {
      observations: unknown[]
    }
    expect(observations).toMatchObject([
      { ok: true, tool: 'glob', paths: ['shop/__init__.py', 'shop/cart.py', 'shop/catalog.py'] },
      { ok: false, tool: 'grep', code: 'bad-arguments' },
      { ok: false, tool: 'read_file' },
      { ok: true, tool: 'grep', files: [{ path: 'shop/cart.py' }] },
      { ok: true, tool: 'grep', files: [], suggestions: ['find_product (shop/catalog.py:4)'] },
      { ok: true, tool: 'history', total: 1 },
    ])
    expect(await gauge(server, 'fusesearch_tool_calls_total')).toBe(6)
  })
})

describe('access', () => {
  it('searches only below its roots, and reveals nothing outside', async () => {
    const outside = writeFiles(temporaryFolder(), { 'secret.py': 'def secret(): pass\n' })
    const root = writeFiles(temporaryFolder(), { 'one/a.py': 'def one(): pass\n', 'two/b.py': 'def two(): pass\n' })
    symlinkSync(outside, join(root, 'link'))
    const server = await serve({ roots: [root] })
    const ask = (repository: string) =>
      post(`${server.url}/v1/search`, { repository, calls: [{ tool: 'glob', arguments: { patterns: ['**'] } }] })
    for (const inside of ['one', join(root, 'one'), './two/../one']) {
      expect(await (await ask(inside)).json()).toMatchObject({ observations: [{ paths: ['a.py'] }] })
    }
    const answers = await Promise.all(
      [outside, join(outside, 'nothing'), '..', '../..', '/', 'link', 'one/../..', 'a\0b'].map(async (path) => {
        const answer = await ask(path)
        return { status: answer.status, text: await answer.text() }
      }),
    )
    for (const answer of answers) expect(answer).toEqual({ status: 403, text: answers[0]?.text })
    expect(await refusal(await ask('three'))).toEqual({ status: 404, code: 'repository-missing' })
  })

  it('accepts only its own names', async () => {
    const server = await serve({ allowedHosts: ['search.example'] })
    const { port } = new URL(server.url)
    expect(await statusWith(server, { host: `localhost:${port}` })).toBe(200)
    expect(await statusWith(server, { host: 'search.example' })).toBe(200)
    expect(await statusWith(server, { host: `evil.example:${port}` })).toBe(403)
    expect(await statusWith(server, { origin: 'https://evil.example' })).toBe(403)
    expect(await statusWith(server, { origin: 'null' })).toBe(403)
    expect(await statusWith(server, { origin: 'http://localhost:3000' })).toBe(200)
  })

  it("requires its token, and without one can't be reached from other machines", async () => {
    await expect(serve({ host: '0.0.0.0' })).rejects.toThrow('FUSESEARCH_TOKEN')
    await expect(serve({ token: 'short' })).rejects.toThrow('shorter')
    const token = 'a-token-of-good-length'
    const server = await serve({ host: '0.0.0.0', token })
    const local = { ...server, url: server.url.replace('0.0.0.0', '127.0.0.1') }
    expect(await statusWith(local, { host: 'anything.example' })).toBe(200)
    const wrong = await post(`${local.url}/v1/locate`, { issue: 'x' }, { headers: { authorization: 'Bearer wrong' } })
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer')
    expect(await refusal(wrong)).toEqual({ status: 401, code: 'unauthorized' })
    expect((await fetch(`${local.url}/metrics`)).status).toBe(401)
    const right = await post(
      `${local.url}/v1/locate`,
      { issue: SHOP_ISSUE },
      { headers: { authorization: `Bearer ${token}` } },
    )
    expect(right.status).toBe(200)
  })
})

describe('load', () => {
  it('ends the search of a client that is gone', async () => {
    const failures: unknown[] = []
    const server = await serve({ maxRunning: 1, onFailure: (error) => failures.push(error) })
    for (const accept of ['application/json', 'text/event-stream']) {
      const client = new AbortController()
      const asked = post(
        `${server.url}/v1/locate`,
        { issue: SHOP_ISSUE },
        { headers: { accept }, signal: client.signal },
      )
      setTimeout(() => client.abort(), 15)
      await asked.then((answer) => answer.text()).catch(() => undefined)
      expect((await post(`${server.url}/v1/locate`, { issue: SHOP_ISSUE })).status).toBe(200)
    }
    expect(await gauge(server, 'fusesearch_searches_running')).toBe(0)
    expect(failures).toEqual([])
  })

  it("has metrics in Prometheus's format", async () => {
    const server = await serve()
    await (await post(`${server.url}/v1/locate`, { issue: SHOP_ISSUE })).text()
    const answer = await fetch(`${server.url}/metrics`)
    expect(answer.headers.get('content-type')).toContain('version=0.0.4')
    const text = await answer.text()
    expect(text).toContain('fusesearch_requests_total{route="/v1/locate",status="200"} 1\n')
    expect(text).toContain('fusesearch_request_duration_seconds_bucket{route="/v1/locate",le="+Inf"} 1\n')
    for (const line of text.trim().split('\n'))
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{.+\})? [\d.e+-]+)$/)
  })
})

describe('fusesearch serve', () => {
  it('serves, finishes running requests when stopped, and leaves no process', async () => {
    ensureBuilt()
    const folder = tinyRepository()
    const child = spawn(
      process.execPath,
      [join(ROOT, 'packages/fusesearch/dist/cli/main.js'), 'serve', '--port', '0'],
      { cwd: folder },
    )
    onTestFinished(() => void child.kill('SIGKILL'))
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    while (!said.includes('Searching in')) await once(child.stdout, 'data')
    const url = /Listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1] ?? ''
    // Running requests get two seconds. On a busy machine the first search of a process takes longer, on a very busy one each.
    await (await post(`${url}/v1/locate`, { issue: SHOP_ISSUE })).text()
    const asked = post(`${url}/v1/locate`, { issue: SHOP_ISSUE })
    const isAnswered = asked.then(() => true)
    // A request that hasn't arrived yet is refused, and a busy machine takes its time.
    const isRunning = async () => (await gauge({ url }, 'fusesearch_searches_running')) > 0
    while (!(await Promise.race([isAnswered, isRunning()])));
    const exited = once(child, 'exit')
    const stopped = performance.now()
    child.kill('SIGTERM')
    const status = await asked.then((answer) => answer.status).catch(() => 'cut off')
    if (performance.now() - stopped < 2_000) expect(status).toBe(200)
    expect(await exited).toEqual([143, null])
    const children = `/proc/${child.pid}/task/${child.pid}/children`
    if (existsSync(children)) expect(readFileSync(children, 'utf8')).toBe('')
    await expect(fetch(`${url}/health`)).rejects.toThrow()
  })
})
