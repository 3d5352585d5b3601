import { expect, it } from 'vitest'
import { createGate } from './gate.ts'

const never = new AbortController().signal

it('lets so many in, so many wait, and turns the rest away', async () => {
  const gate = createGate({ maxRunning: 1, maxQueued: 1, maxWaitMs: 60_000 })
  const leave = await gate.enter(never)
  const second = gate.enter(never)
  await expect(gate.enter(never)).rejects.toMatchObject({ status: 429, details: { retryAfterSeconds: 1 } })
  expect(gate.load()).toEqual({ running: 1, queued: 1 })
  leave()
  // Leaving twice gives back one place only.
  leave()
  const leaveSecond = await second
  expect(gate.load()).toEqual({ running: 1, queued: 0 })
  leaveSecond()
  expect(gate.load()).toEqual({ running: 0, queued: 0 })
})

it('ends a wait that is too long, and one whose client is gone', async () => {
  const gate = createGate({ maxRunning: 1, maxQueued: 9, maxWaitMs: 10 })
  const leave = await gate.enter(never)
  await expect(gate.enter(never)).rejects.toMatchObject({ status: 503, details: { code: 'busy' } })
  const client = new AbortController()
  const waiting = gate.enter(client.signal)
  client.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  await expect(gate.enter(client.signal)).rejects.toThrow('gone')
  expect(gate.load()).toEqual({ running: 1, queued: 0 })
  leave()
})

it('closes: turns away who waits and who comes, and waits for who runs', async () => {
  const gate = createGate({ maxRunning: 1, maxQueued: 9, maxWaitMs: 60_000 })
  const leave = await gate.enter(never)
  const waiting = gate.enter(never)
  let isEmpty = false
  const closed = gate.close().then(() => (isEmpty = true))
  await expect(waiting).rejects.toMatchObject({ status: 503, details: { code: 'shutting-down' } })
  await expect(gate.enter(never)).rejects.toMatchObject({ status: 503 })
  expect(isEmpty).toBe(false)
  leave()
  await closed
})
