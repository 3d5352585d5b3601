import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { PATIENCE_MS } from '../../../../test/support/patience.ts'
import {
  misbehaving,
  type Script,
  type ScriptedServer,
  startScriptedServer,
} from '../../../../test/support/scripted-model/index.ts'
import {
  type ChatModelOptions,
  type ChatRequest,
  createChatModel,
  type EndpointModel,
  refusalKind,
  type WireName,
} from './index.ts'
import { MAX_REPLY_BYTES } from './limits.ts'

const WIRES: readonly WireName[] = ['openai', 'anthropic']
const KEY = 'sk-very-secret-key-0123456789'
const REQUEST: ChatRequest = { messages: [{ role: 'user', content: 'Hello' }], tools: [], seed: 1, temperature: 0.1 }
const REPLY = { text: 'Hello.' }

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

async function serve(script: Script): Promise<ScriptedServer> {
  const server = await startScriptedServer({ script })
  opened.push(server)
  return server
}

/** A server that doesn't serve a model. */
async function serveRaw(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  opened.push({ close: () => server.closeAllConnections() }, server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

function modelOf(baseUrl: string, options: Partial<ChatModelOptions> = {}): EndpointModel {
  const retries = { attempts: 2, firstWaitMs: 1 }
  const model = createChatModel({ wire: 'openai', model: 'm', baseUrl, key: KEY, retries, ...options })
  opened.push(model)
  return model
}

function ask(model: EndpointModel, signal = AbortSignal.timeout(PATIENCE_MS)) {
  return model.complete(REQUEST, signal)
}

describe('asking', () => {
  it.each(WIRES)('sends the key in its header only and uses the connection again: %s', async (wire) => {
    const server = await serve([REPLY])
    const model = modelOf(server.url, { wire })
    for (let times = 0; times < 5; times++) {
      const reply = await ask(model)
      expect(reply).toMatchObject({ text: 'Hello.', finish: 'stop', retries: [] })
    }
    expect(server.openSockets()).toBe(1)
    const { body, headers } = server.requests[0] ?? {}
    expect(JSON.stringify(body)).not.toContain(KEY)
    expect(wire === 'openai' ? headers?.authorization : headers?.['x-api-key']).toBe(
      wire === 'openai' ? `Bearer ${KEY}` : KEY,
    )
    expect(Object.values(headers ?? {}).filter((value) => value?.includes(KEY))).toHaveLength(1)
    expect(model.endpoint).toBe(`${wire} at ${new URL(server.url).host}`)
  })

  it('sends no header for a key that there is not, and the fields and headers that a caller adds', async () => {
    const server = await serve([REPLY])
    const extraBody = { chat_template_kwargs: { enable_thinking: false }, temperature: 1 }
    await ask(modelOf(server.url, { key: ' ', headers: { 'x-title': 'mine' }, extraBody }))
    const [request] = server.requests
    expect(request?.headers).not.toHaveProperty('authorization')
    expect(request?.headers).toMatchObject({ 'x-title': 'mine' })
    expect(request?.body).toMatchObject({ ...extraBody, seed: 1 })
  })

  it('sends half characters as replacement characters', async () => {
    const server = await serve([REPLY])
    const model = modelOf(server.url)
    await model.complete(
      { ...REQUEST, messages: [{ role: 'user', content: 'a\uD83C' }] },
      AbortSignal.timeout(PATIENCE_MS),
    )
    expect(server.requests[0]?.body).toMatchObject({ messages: [{ content: 'a\uFFFD' }] })
  })

  it('refuses a key that no header can hold, without showing it', () => {
    for (const key of ['two words', 'lime\nend', 'schlüssel']) {
      expect(() => modelOf('http://localhost:1', { key })).toThrow(
        /^(?!.*(two words|lime|schl)).*The key of the model/s,
      )
    }
  })
})

describe('asking again', () => {
  it('waits as long as Retry-After says, and else longer each time, the same for the same seed', async () => {
    const waits: number[] = []
    const retries = { attempts: 4, firstWaitMs: 100, maxWaitMs: 300 }
    const wait = (ms: number): Promise<void> => Promise.resolve(void waits.push(ms))
    const url = await serveRaw((_, response) => {
      response.writeHead(waits.length === 0 ? 429 : 503, waits.length === 0 ? { 'retry-after': '7' } : {}).end()
    })
    await expect(ask(modelOf(url, { retries, wait, seed: 5 }))).rejects.toThrow(/answered 503 \(5 attempts\)/)
    const [first, ...others] = waits
    expect(first).toBe(7_000)
    const ranges = [200, 300, 300]
    expect(others).toHaveLength(3)
    for (const [index, ms] of others.entries()) {
      expect(ms).toBeGreaterThanOrEqual((ranges[index] ?? 0) / 2)
      expect(ms).toBeLessThanOrEqual(ranges[index] ?? 0)
    }
    const again = waits.splice(0)
    await expect(ask(modelOf(url, { retries, wait, seed: 5 }))).rejects.toThrow()
    expect(waits).toEqual(again)
  })

  it('gives up at once on what no attempt mends', async () => {
    const server = await serve(misbehaving('rate-limited-for-an-hour', [REPLY]))
    await expect(ask(modelOf(server.url))).rejects.toMatchObject({
      code: 'model-unreachable',
      message: /3600 s, more than 60 s: Rate/,
    })
    expect(server.requests).toHaveLength(1)
  })

  it('leaves out a refused parameter for good, in many runs at once', async () => {
    const server = await serve(misbehaving('every-parameter-refused', [REPLY]))
    const model = modelOf(server.url)
    const replies = await Promise.all(Array.from({ length: 16 }, () => ask(model)))
    expect(replies.map(({ text }) => text)).toEqual(Array.from({ length: 16 }, () => 'Hello.'))
    expect(replies[0]?.retries).toContain('the endpoint takes no seed: asked without it')
    expect(model.refused()).toEqual(['seed', 'stream_options', 'temperature'])
    const before = server.requests.length
    expect((await ask(model)).retries).toEqual([])
    expect(server.requests.length).toBe(before + 1)
  })

  it('does not go on for ever about a field that the caller sets', async () => {
    const server = await serve(misbehaving('seed-refused', [REPLY]))
    await expect(ask(modelOf(server.url, { extraBody: { seed: 2 } }))).rejects.toMatchObject({ code: 'model-refused' })
    expect(server.requests.length).toBeLessThanOrEqual(2)
  })

  it('takes an old connection that was closed for none at all', async () => {
    const server = await serve([REPLY])
    const model = modelOf(server.url, { retries: { attempts: 0 } })
    await ask(model)
    const port = Number(new URL(server.url).port)
    await server.close()
    const again = createServer((_, response) =>
      response.end(JSON.stringify({ choices: [{ message: { content: 'B' } }] })),
    )
    await new Promise<void>((resolve) => again.listen(port, '127.0.0.1', resolve))
    opened.push({ close: () => again.closeAllConnections() }, again)
    expect((await ask(model)).text).toBe('B')
  })
})

describe('ending', () => {
  it.each(['silent-forever', 'stalls-in-mid-reply', 'rate-limited-forever'] as const)(
    'is at once when aborted: %s',
    async (name) => {
      const server = await serve(misbehaving(name, [REPLY]))
      const controller = new AbortController()
      const asked = ask(
        modelOf(server.url, { retries: { attempts: 9, firstWaitMs: 60_000, maxWaitMs: 60_000 } }),
        controller.signal,
      )
      await new Promise((resolve) => setTimeout(resolve, 50))
      const abortedMs = performance.now()
      controller.abort(new Error('enough'))
      await expect(asked).rejects.toThrow('enough')
      // Without the abort, the client would wait for a minute.
      expect(performance.now() - abortedMs).toBeLessThan(PATIENCE_MS / 2)
    },
  )

  it('asks nothing once aborted', async () => {
    const server = await serve([REPLY])
    await expect(ask(modelOf(server.url), AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
    expect(server.requests).toHaveLength(0)
  })

  it('closes its connections', async () => {
    const server = await serve([REPLY])
    const model = modelOf(server.url)
    await ask(model)
    await model.close()
    await expect.poll(() => server.openSockets()).toBe(0)
  })
})

describe('what is wrong', () => {
  it.each(WIRES)('never shows the key, whole or in another guise: %s', async (wire) => {
    const guises = [KEY, encodeURIComponent(KEY), btoa(KEY), `Bearer ${KEY}`, `"${KEY}"`, `${KEY}${KEY}`]
    const url = await serveRaw((_, response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: guises.join(' and ') } }))
    })
    const error: unknown = await ask(modelOf(url, { wire })).catch((thrown: unknown) => thrown)
    const told = `${String(error)} ${JSON.stringify(error)} ${error instanceof Error ? error.stack : ''}`
    for (const secret of [KEY, btoa(KEY), 'secret']) expect(told).not.toContain(secret)
    expect(told).toContain('[key] and [key]')
  })

  it('leaves no half of a key where what was said is cut', async () => {
    const key = 'Zq7Zq8Zq9'.repeat(6)
    for (const before of [280, 260, 240]) {
      const url = await serveRaw((_, response) => void response.writeHead(400).end(`${'x '.repeat(before / 2)}${key}`))
      await expect(ask(modelOf(url, { key }))).rejects.toThrow(/^(?!.*Zq7).*x x/)
    }
  })

  it('takes a reply that said why it ended, without waiting for what never comes', async () => {
    const server = await serve(misbehaving('no-last-event-and-open', [REPLY]))
    expect((await ask(modelOf(server.url))).text).toBe('Hello.')
  })

  it('keeps the key out of what a model says and of the reasons to ask again', async () => {
    const server = await serve([{ text: `Your key is ${KEY}`, calls: [{ name: KEY, arguments: { key: KEY } }] }])
    expect(JSON.stringify(await ask(modelOf(server.url)))).not.toContain(KEY)
  })

  it('follows no redirect', async () => {
    let visits = 0
    const target = await serveRaw((_, response) => void response.end(String((visits += 1))))
    const url = await serveRaw((_, response) => void response.writeHead(302, { location: `${target}/x?k=1` }).end())
    await expect(ask(modelOf(url))).rejects.toMatchObject({
      code: 'model-refused',
      message: /redirect to http.*--base-url/,
    })
    expect(visits).toBe(0)
  })

  it.each([true, false])('takes no reply without end: streamed %s', async (streaming) => {
    const server = await serve(misbehaving('huge-body', [REPLY]))
    await expect(ask(modelOf(server.url, { streaming }))).rejects.toMatchObject({ code: 'model-reply-bad' })
    expect(MAX_REPLY_BYTES).toBe(33_554_432)
  })

  it('says what a refusal is about', async () => {
    const kinds = await Promise.all(
      (
        ['tools-refused', 'context-too-long', 'forbidden', 'model-unknown', 'quota-exhausted', 'gateway-page'] as const
      ).map(async (name) => {
        const server = await serve(misbehaving(name, [REPLY]))
        const request = { ...REQUEST, tools: [{ name: 'grep', description: '', parameters: {} }] }
        return modelOf(server.url).complete(request, AbortSignal.timeout(PATIENCE_MS)).catch(refusalKind)
      }),
    )
    expect(kinds).toEqual(['tools', 'context', 'key', 'model', 'other', undefined])
  })

  it('names the host that nobody listens at', async () => {
    const server = await serve([REPLY])
    await server.close()
    await expect(ask(modelOf(server.url))).rejects.toMatchObject({
      code: 'model-unreachable',
      message: expect.stringMatching(/^The model m at 127\.0\.0\.1:\d+ could not be reached.*ECONNREFUSED.*Check/),
    })
  })
})
