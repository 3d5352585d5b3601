import { expect, it, onTestFinished } from 'vitest'
import { type HttpServer, type HttpServerOptions, startHttpServer } from '../packages/fusesearch/src/serve/index.ts'
import { SHOP_ISSUE, tinyRepository } from './support/folder.ts'

async function serve(options: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const server = await startHttpServer({ roots: [tinyRepository()], port: 0, version: '1.2.3', ...options })
  onTestFinished(() => server.close(0))
  return server
}

function locateAt({ url }: HttpServer): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(`${url}/v1/locate`, { method: 'POST', headers, body: JSON.stringify({ issue: SHOP_ISSUE }) })
}

it('the HTTP server answers 32 at once, and refuses more', async () => {
  const server = await serve()
  const all = await Promise.all(Array.from({ length: 32 }, () => locateAt(server)))
  expect(all.map(({ status }) => status)).toEqual(all.map(() => 200))
  await Promise.all(all.map((answer) => answer.arrayBuffer()))
  const small = await serve({ maxRunning: 1, maxQueued: 0 })
  const some = await Promise.all(Array.from({ length: 8 }, () => locateAt(small)))
  const refused = some.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThan(0)
  expect(some.filter(({ status }) => status === 200).length).toBe(8 - refused.length)
  expect(refused[0]?.headers.get('retry-after')).toBe('1')
})
