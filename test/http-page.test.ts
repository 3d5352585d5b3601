import { describe, expect, it, onTestFinished } from 'vitest'
import { parseTrajectory } from '../packages/fusesearch/src/agent/index.ts'
import { type HttpServer, type HttpServerOptions, startHttpServer } from '../packages/fusesearch/src/serve/index.ts'
import { ensureBuilt } from './support/command.ts'
import { SHOP_ISSUE, tinyRepository } from './support/folder.ts'

async function serve(options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await startHttpServer({ roots: [tinyRepository()], port: 0, version: '1.2.3', ...options })
  onTestFinished(() => server.close(0))
  return server
}

interface Told {
  readonly event: string
  readonly data: Record<string, unknown>
}

async function eventsOf(server: HttpServer, body: object): Promise<readonly Told[]> {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
  const answer = await fetch(`${server.url}/v1/locate`, { method: 'POST', body: JSON.stringify(body), headers })
  return (await answer.text())
    .trim()
    .split('\n\n')
    .map((event) => ({
      event: /^event: (.*)$/m.exec(event)?.[1] ?? '',
      data: JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? 'null') as Record<string, unknown>,
    }))
}

describe('the page of a server', () => {
  it('is one text that uses only its own server, and contains nothing from the searched folders', async () => {
    ensureBuilt()
    const server = await serve({ token: 'a-token-of-this-test' })
    const answer = await fetch(server.url)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('text/html')
    const policy = answer.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("connect-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(await answer.text()).not.toContain(server.roots[0])
  })

  it('gets the roots only with the token', async () => {
    const server = await serve({ token: 'a-token-of-this-test', editor: 'edit:{path}' })
    const refused = await fetch(`${server.url}/v1/roots`)
    expect([refused.status, await refused.text()]).toEqual([401, expect.not.stringContaining(server.roots[0] ?? '')])
    const headers = { authorization: 'Bearer a-token-of-this-test' }
    const given = await (await fetch(`${server.url}/v1/roots`, { headers })).json()
    expect(given).toEqual({ roots: server.roots, editor: 'edit:{path}' })
  })
})

describe('a stream', () => {
  it('sends the trajectory line by line on request, complete enough to be read again', async () => {
    const server = await serve()
    const told = await eventsOf(server, { issue: SHOP_ISSUE, trajectory: true })
    const lines = told.filter(({ event }) => event === 'trajectory').map(({ data }) => data)
    const text = lines.map(({ line }) => `${JSON.stringify(line)}\n`).join('')
    const { complete, header, turns } = await parseTrajectory(text)
    expect({ complete, full: header.full, issue: header.issue }).toEqual({
      complete: true,
      full: true,
      issue: SHOP_ISSUE,
    })
    const shown = lines.flatMap((one) => (Array.isArray(one['shown']) ? [one['shown'].length] : []))
    expect(shown).toEqual(turns.map(({ calls }) => calls.length))
    expect(told.filter(({ event }) => event === 'turn')).toHaveLength(turns.length)
    const begun = told.filter(({ event }) => event === 'calls').map(({ data }) => data)
    expect(begun.map(({ turn }) => turn)).toEqual(turns.map(({ turn }) => turn))
    expect(begun[0]).toMatchObject({ calls: turns[0]?.calls.map(({ tool }) => ({ tool, asked: expect.any(String) })) })
    // A turn is sent twice: when it begins, and with its results.
    const order = told.flatMap(({ event }) => (event === 'calls' || event === 'turn' ? [event] : []))
    expect(order).toEqual(turns.flatMap(() => ['calls', 'turn']))
    const plain = await eventsOf(server, { issue: SHOP_ISSUE })
    expect(plain.filter(({ event }) => event === 'trajectory' || event === 'calls')).toEqual([])
  })

  it('says why it ends if the search fails at once', async () => {
    const told = await eventsOf(await serve(), { issue: 'https://example.org/issue/1' })
    expect(told).toEqual([{ event: 'error', data: { code: 'bad-issue', message: expect.stringContaining('address') } }])
  })
})
