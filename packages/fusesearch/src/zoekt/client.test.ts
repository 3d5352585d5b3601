import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { zoektAddress } from './address.ts'
import { createClient, RefusedQuery, type ZoektClient } from './client.ts'

async function clientOf(answer: RequestListener, user = ''): Promise<ZoektClient> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const client = createClient(zoektAddress(`http://${user}127.0.0.1:${port}`))
  onTestFinished(() => {
    client.close()
    server.closeAllConnections()
    server.close()
  })
  return client
}

function ask(client: ZoektClient, signal = new AbortController().signal): Promise<unknown> {
  return client.ask('search', { Q: 'x' }, signal)
}

test('posts JSON with the key in a header, and returns the answer', async () => {
  const seen: unknown[] = []
  const client = await clientOf((request, response) => {
    seen.push([request.method, request.url, request.headers.authorization])
    response.end('{"Result":{}}')
  }, 'user:secret@')
  expect(await ask(client)).toEqual({ Result: {} })
  expect(seen).toEqual([['POST', '/api/search', `Basic ${Buffer.from('user:secret').toString('base64')}`]])
})

test('asks again over a new connection if the server closed the old one; a new one that breaks is a failure', async () => {
  const asked = new Map<Socket, number>()
  let isBroken = false
  const client = await clientOf(({ socket }, response) => {
    const times = (asked.get(socket) ?? 0) + 1
    asked.set(socket, times)
    if (isBroken || times > 1) socket.destroy()
    else response.end('{"Result":{}}')
  })
  for (let round = 0; round < 3; round++) expect(await ask(client)).toEqual({ Result: {} })
  expect(asked.size).toBe(3)
  isBroken = true
  await expect(ask(client)).rejects.toThrow(/ECONNRESET/)
  expect(asked.size).toBe(4)
})

test('refuses a redirect without following it', async () => {
  let requests = 0
  const client = await clientOf((_, response) => {
    requests += 1
    response.writeHead(307, { location: '/elsewhere' }).end()
  }, 'user:secret@')
  const failure = expect.objectContaining({ code: 'backend-failed', message: expect.stringContaining('redirect') })
  await expect(ask(client)).rejects.toThrow(failure)
  await expect(ask(client)).rejects.not.toThrow(/secret/)
  expect(requests).toBe(2)
})

test.each([
  [404, '404 page not found', /Start zoekt-webserver with -rpc/],
  [401, 'secret things', /refused the key, with status 401/],
  [500, 'secret things', /answered with status 500\.$/],
  [200, '<html>', /didn't answer with JSON/],
])('status %i is a failure that names the next step', async (status, body, message) => {
  const client = await clientOf((_, response) => response.writeHead(status).end(body))
  await expect(ask(client)).rejects.toThrow(message)
})

test("a refused query has zoekt's reason", async () => {
  const client = await clientOf((_, response) => response.writeHead(400).end('{"Error":"missing )"}'))
  await expect(ask(client)).rejects.toThrow(RefusedQuery)
  await expect(ask(client)).rejects.toThrow('missing )')
  await expect(ask(client)).rejects.toMatchObject({ code: 'backend-failed', reason: 'missing )' })
})

test('an abort ends the request with its reason, and an unreachable server is reported without its secrets', async () => {
  const client = await clientOf(() => undefined)
  const controller = new AbortController()
  const asked = ask(client, controller.signal)
  setTimeout(() => controller.abort(new Error('enough')), 20)
  await expect(asked).rejects.toThrow('enough')
  const gone = createClient(zoektAddress('http://user:secret@127.0.0.1:9'))
  await expect(ask(gone)).rejects.toThrow(
    /^zoekt at http:\/\/127\.0\.0\.1:9 can't be reached, or closed the connection \(\w+\)/,
  )
})
