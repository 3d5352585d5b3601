import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { solution, startTiny, tinyWorld } from '../../../../test/support/environment.ts'
import { until, withMoreTime } from '../../../../test/support/patience.ts'
import { connectRaw, type RawClient } from '../../../../test/support/websocket.ts'
import { MAX_MESSAGE_BYTES } from './limits.ts'

const RESET = { type: 'reset', data: { index: 0 } }
const GREP = { type: 'step', data: { calls: [{ name: 'grep', arguments: { pattern: 'mend' } }] } }

async function closeCode(client: RawClient): Promise<number | undefined> {
  for (let frame = await client.frame(); frame !== undefined; frame = await client.frame()) {
    if (frame.opcode === 8) return frame.payload.readUInt16BE(0)
  }
  return undefined
}

test('refuses sessions beyond the limit, and says how many there are', async () => {
  const server = await startTiny(await tinyWorld(), { maxSessions: 2 })
  const clients = [await connectRaw(server.url), await connectRaw(server.url)]
  for (const client of clients) await client.ask({ type: 'state' })
  const third = await connectRaw(server.url)
  expect(await third.reply()).toEqual({
    type: 'error',
    data: { message: expect.any(String), code: 'CAPACITY_REACHED', active_sessions: 2, max_sessions: 2 },
  })
  expect(await closeCode(third)).toBe(1013)
  const overHttp = await fetch(`${server.url}/reset`, { method: 'POST', body: '{}', headers: JSON_TYPE })
  expect(overHttp.status).toBe(503)
  clients[0]?.socket.destroy()
  await until(() => server.load().sessions === 1)
  expect((await (await connectRaw(server.url)).ask({ type: 'state' })).type).toBe('state')
})

test('a session ends with its socket, also in the middle of a step', async () => {
  const server = await startTiny(await tinyWorld(), { maxRunning: 1 })
  const clients = await Promise.all(Array.from({ length: 6 }, () => connectRaw(server.url)))
  await Promise.all(clients.map((client) => client.ask(RESET)))
  for (const [index, client] of clients.entries()) {
    client.sendFrame(1, JSON.stringify(GREP))
    if (index % 2 === 0) client.socket.resetAndDestroy()
    else client.socket.end()
  }
  await until(() => server.load().sessions === 0)
  await until(() => server.load().running === 0)
  expect(server.failures).toEqual([])
})

test('ends a session without messages, and one whose client answers no ping', async () => {
  const world = await tinyWorld()
  const idle = await startTiny(world, { idleTimeoutMs: 150 })
  const silent = await connectRaw(idle.url)
  expect((await silent.reply()).data).toMatchObject({
    code: 'SESSION_ERROR',
    message: expect.stringContaining('150 ms'),
  })
  expect(await closeCode(silent)).toBe(1008)
  await withMoreTime(60, async (pingEveryMs) => {
    const pinging = await startTiny(world, { pingEveryMs })
    const deaf = await connectRaw(pinging.url)
    await deaf.ask({ type: 'state' })
    await until(() => pinging.load().sessions === 0)
  })
})

test('ends a step that takes too long; the session continues after a reset', async () => {
  const world = await tinyWorld()
  // Warm, so that a reset is fast.
  const before = await startTiny(world)
  await (await connectRaw(before.url)).ask(RESET)
  const server = await startTiny(world, { stepTimeoutMs: 1 })
  const client = await connectRaw(server.url)
  expect((await client.ask(RESET)).data).toMatchObject({
    code: 'EXECUTION_ERROR',
    message: expect.stringContaining('1 ms'),
  })
  expect((await client.ask({ type: 'state' })).type).toBe('state')
  expect((await client.ask(GREP)).data.code).toBe('EXECUTION_ERROR')
  expect(server.failures).toEqual([])
})

/** Invalid frames, and the codes with which the connection is closed. */
const WRONG_FRAMES = [
  ['a frame without a mask', 1002, (client: RawClient) => client.sendFrame(1, '{}', { isMasked: false })],
  ['a frame with an unknown opcode', 1002, (client: RawClient) => client.sendFrame(3, '')],
  ['a continuation of nothing', 1002, (client: RawClient) => client.sendFrame(0, 'x')],
  ['a ping in parts', 1002, (client: RawClient) => client.sendFrame(9, 'x', { isLast: false })],
  ['a ping that is too long', 1002, (client: RawClient) => client.sendFrame(9, 'x'.repeat(126))],
  ['text that is not UTF-8', 1007, (client: RawClient) => client.sendFrame(1, Buffer.from([0xff, 0xfe]))],
  ['a reserved bit', 1002, (client: RawClient) => void client.socket.write(Buffer.from([0xc1, 0x80, 0, 0, 0, 0]))],
  [
    'a frame that says it is huge',
    1009,
    (client: RawClient) => void client.socket.write(Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4])),
  ],
  [
    'parts that are huge together',
    1009,
    (client: RawClient) => {
      const half = 'x'.repeat(MAX_MESSAGE_BYTES / 2 + 1)
      client.sendFrame(1, half, { isLast: false })
      client.sendFrame(0, half)
    },
  ],
] as const

test('closes the connection on invalid frames', async () => {
  const server = await startTiny(await tinyWorld())
  for (const [name, code, send] of WRONG_FRAMES) {
    const client = await connectRaw(server.url)
    send(client)
    expect(await closeCode(client), name).toBe(code)
  }
  await until(() => server.load().sessions === 0)
})

test('continues after a binary message, pings, and a message in fragments and single bytes', async () => {
  const server = await startTiny(await tinyWorld())
  const client = await connectRaw(server.url)
  client.sendFrame(2, Buffer.from('{"type":"state"}'))
  expect((await client.reply()).data.code).toBe('INVALID_JSON')
  client.sendFrame(1, '{"type":', { isLast: false })
  client.sendFrame(9, 'here?')
  client.sendFrame(0, '"state"}')
  const pong = await client.frame()
  expect([pong?.opcode, pong?.payload.toString()]).toEqual([10, 'here?'])
  expect((await client.reply()).type).toBe('state')
  const mask = [1, 2, 3, 4]
  const masked = [...Buffer.from('{"type":"state"}')].map((byte, index) => byte ^ (mask[index % 4] ?? 0))
  for (const byte of [0x81, 0x80 | masked.length, ...mask, ...masked]) {
    client.socket.write(Buffer.from([byte]))
    await delay(1)
  }
  expect((await client.reply()).type).toBe('state')
})

test('answers many messages sent at once in order', async () => {
  const server = await startTiny(await tinyWorld())
  const client = await connectRaw(server.url)
  await client.ask(RESET)
  for (let index = 0; index < 100; index++) client.sendFrame(1, JSON.stringify({ type: `t${index}` }))
  client.sendFrame(1, JSON.stringify(GREP))
  for (let index = 0; index < 100; index++)
    expect((await client.reply()).data.message).toBe(`Unknown message type: t${index}.`)
  expect((await client.reply()).data.observation?.turn).toBe(2)
})

test('waits for a client that never reads, and ends its session when it leaves', async () => {
  const server = await startTiny(await tinyWorld())
  const client = await connectRaw(server.url)
  client.socket.pause()
  const ask = JSON.stringify({ type: 'step', data: { type: 'list_tools' } })
  for (let index = 0; index < 3_000; index++) client.sendFrame(1, ask)
  const other = await connectRaw(server.url)
  expect((await other.ask({ type: 'state' })).type).toBe('state')
  expect(server.load().sessions).toBe(2)
  client.socket.destroy()
  await until(() => server.load().sessions === 1)
})

test('concurrent sessions on several repositories never see each other', async () => {
  const world = await tinyWorld(4)
  const server = await startTiny(world)
  const play = async (player: number): Promise<unknown> => {
    const index = player % 4
    const { search, answer } = solution(index)
    const client = await connectRaw(server.url)
    const seen: unknown[] = []
    for (const data of [{ index }, { calls: search }, { calls: answer }]) {
      const reply = await client.ask({ type: 'index' in data ? 'reset' : 'step', data })
      seen.push(reply.data)
    }
    const text = JSON.stringify(seen)
    for (const other of [0, 1, 2, 3]) expect(text.includes(`part_${other}`)).toBe(other === index)
    return seen.at(-1)
  }
  const ended = await Promise.all(Array.from({ length: 40 }, (_, player) => play(player)))
  expect(ended).toEqual(ended.map(() => expect.objectContaining({ done: true, reward: 2 })))
  expect(server.failures).toEqual([])
})

test('requires the token if one is set, and an allowed Host', async () => {
  const token = 'a token of enough length'
  const server = await startTiny(await tinyWorld(), { token })
  expect((await connectRaw(server.url)).head).toMatch(/^HTTP\/1.1 401 /)
  expect((await connectRaw(server.url, { Authorization: `Bearer ${token}` })).head).toMatch(/^HTTP\/1.1 101 /)
  const known = { Authorization: `Bearer ${token}` }
  expect((await connectRaw(server.url, { ...known, Host: 'evil.example' })).head).toMatch(/^HTTP\/1.1 403 /)
  expect((await connectRaw(server.url, { ...known, Origin: 'https://evil.example' })).head).toMatch(/^HTTP\/1.1 403 /)
  expect((await connectRaw(server.url, { ...known, path: '/other' })).head).toMatch(/^HTTP\/1.1 404 /)
  expect((await connectRaw(server.url, { ...known, 'Sec-WebSocket-Version': '7' })).head).toMatch(/^HTTP\/1.1 400 /)
  expect((await fetch(`${server.url}/list_environments`)).status).toBe(401)
  expect((await fetch(`${server.url}/health`)).status).toBe(200)
})

test('refuses a public address without a token', async () => {
  const world = await tinyWorld()
  await expect(startTiny(world, { host: '0.0.0.0' })).rejects.toThrow(/Set FUSESEARCH_TOKEN/)
  await expect(startTiny(world, { token: 'short' })).rejects.toThrow(/shorter than 16/)
})

test('closing the server ends its sessions', async () => {
  const server = await startTiny(await tinyWorld())
  const client = await connectRaw(server.url)
  await client.ask(RESET)
  await server.close()
  expect(await closeCode(client)).toBe(1001)
})

const JSON_TYPE = { 'Content-Type': 'application/json' }
