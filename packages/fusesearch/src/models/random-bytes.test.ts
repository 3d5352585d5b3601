import { createServer } from 'node:http'
import { array, assert, asyncProperty, boolean, constantFrom, nat, oneof, string, uint8Array } from 'fast-check'
import { expect, it } from 'vitest'
import { PATIENCE_MS } from '../../../../test/support/patience.ts'
import { render, type ScriptedRequest, toStreamText } from '../../../../test/support/scripted-model/index.ts'
import { FuseSearchError } from '../core/index.ts'
import { createChatModel, type WireName } from './index.ts'
import { readBody } from './read-body.ts'
import { anthropicWire } from './wires/anthropic.ts'
import { openaiWire } from './wires/openai.ts'

const RUNS = 400
const HTTP_RUNS = 60
const WIRES = { openai: openaiWire, anthropic: anthropicWire }
const REPLY = {
  text: 'Grüße 🌍',
  reasoning: 'hm',
  calls: [
    { name: 'grep', arguments: { pattern: 'a' } },
    { name: 'glob', arguments: { patterns: ['*'] } },
  ],
}

const wires = constantFrom<WireName>('openai', 'anthropic')
/** Random bytes, and pieces that get further into the parser than random bytes do. */
const pieces = array(
  oneof(
    uint8Array({ maxLength: 40 }),
    string().map((text) => Buffer.from(text)),
    constantFrom(
      'data: ',
      'data: [DONE]\n\n',
      '\n\n',
      '\r\n',
      '\uFEFF',
      '{',
      '}',
      '[',
      'null',
      '"',
      'event: error\n',

      'data: {"choices":[{"delta":{"tool_calls":[{}]}}]}\n\n',
      'data: {"type":"message_stop"}\n\n',
      '{"choices":[{"message":{}}]}',

      'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n',
      'data: {"error":7}\n\n',
      '{"error":"x"}',
    ).map((text) => Buffer.from(text)),
  ),
  { maxLength: 12 },
)

async function* arriving(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
  await Promise.resolve()
}

it('reads any bytes as a reply or a failure', async () => {
  await assert(
    asyncProperty(wires, pieces, async (wire, chunks) => {
      const read = await readBody(arriving(chunks), WIRES[wire].read(), true)
      if (!read.ok) expect(read.failure.code).toMatch(/^model-(refused|reply-bad|unreachable)$/)
    }),
    { numRuns: RUNS },
  )
})

interface Form {
  readonly isStreamed: boolean
  readonly lineEnd?: string
}

function wholeText(wire: WireName, { isStreamed, lineEnd = '\n' }: Form): Buffer {
  const request: ScriptedRequest = { wire, isStreamed, turn: 1, model: 'm', tools: [], body: {}, headers: {} }
  const { body, events } = render(REPLY, request)
  return Buffer.from(isStreamed ? toStreamText(events, lineEnd) : JSON.stringify(body))
}

/** One JSON body, or events with each of the three line ends. */
const forms = constantFrom<Form[]>(
  { isStreamed: false },
  ...['\n', '\r\n', '\r'].map((lineEnd) => ({ isStreamed: true, lineEnd })),
)

it('reads a reply the same wherever it is cut into chunks and however its lines end', async () => {
  await assert(
    asyncProperty(wires, forms, array(nat(4_000)), async (wire, form, cuts) => {
      const bytes = wholeText(wire, form)
      const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length]
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end))
      const read = await readBody(arriving(chunks), WIRES[wire].read(), true)
      expect(read).toMatchObject({ ok: true, draft: { text: REPLY.text, reasoning: 'hm', finish: 'tool-calls' } })
      const calls = read.ok ? read.draft.calls.map(({ argumentsText, name }) => [name, argumentsText]) : []
      expect(calls).toEqual([
        ['grep', '{"pattern":"a"}'],
        ['glob', '{"patterns":["*"]}'],
      ])
    }),
    { numRuns: RUNS },
  )
})

it('takes the event that the end of the stream cut off from its empty line', async () => {
  const event = 'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}'
  const read = await readBody(arriving([Buffer.from(event)]), openaiWire.read(), false)
  expect(read).toMatchObject({ ok: true, draft: { text: 'x', finish: 'stop' } })
})

it('reads a damaged reply as a reply or a failure', async () => {
  await assert(
    asyncProperty(
      wires,
      boolean(),
      array(nat(1_000_000), { minLength: 1, maxLength: 6 }),
      async (wire, isStreamed, hits) => {
        const bytes = Buffer.from(wholeText(wire, { isStreamed }))
        for (const hit of hits) bytes[hit % bytes.length] = hit >> 4
        const read = await readBody(arriving([bytes]), WIRES[wire].read(), true)
        expect(read.ok || read.failure.fact !== '').toBe(true)
      },
    ),
    { numRuns: RUNS },
  )
})

it('ends in a reply or a typed error over HTTP, whatever the status and the bytes', async () => {
  let next: { status: number; chunks: readonly Uint8Array[]; isCut: boolean } | undefined
  const server = createServer((incoming, response) => {
    incoming.resume()
    response.writeHead(next?.status ?? 200)
    for (const chunk of next?.chunks ?? []) response.write(chunk)
    if (next?.isCut === true) response.destroy()
    else response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const baseUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const retries = { attempts: 1, firstWaitMs: 0 }
  const models = [true, false].map((streaming) =>
    createChatModel({ wire: 'openai', model: 'm', baseUrl, retries, streaming }),
  )
  const statuses = constantFrom(200, 200, 200, 204, 302, 400, 404, 429, 500)
  try {
    await assert(
      asyncProperty(statuses, pieces, boolean(), async (status, chunks, isCut) => {
        next = { status, chunks, isCut }
        for (const model of models) {
          const asked = model.complete({ messages: [], tools: [] }, AbortSignal.timeout(PATIENCE_MS))
          const outcome: unknown = await asked.catch((error: unknown) => error)
          if (outcome instanceof Error) expect(outcome).toBeInstanceOf(FuseSearchError)
        }
      }),
      { numRuns: HTTP_RUNS },
    )
  } finally {
    for (const model of models) await model.close()
    server.close()
  }
})
