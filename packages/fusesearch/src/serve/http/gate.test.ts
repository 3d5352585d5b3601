import { expect, it } from 'vitest'
import { createGate } from './gate.ts'

const never = new AbortController().signal

it('refuses with the status and the code that say why', async () => {
  const full = createGate({ maxRunning: 1, maxQueued: 0, maxWaitMs: 60_000 })
  await full.enter(never)
  await expect(full.enter(never)).rejects.toMatchObject({
    status: 429,
    details: { code: 'busy', message: expect.stringMatching(/^0 requests/), retryAfterSeconds: 1 },
  })
  const slow = createGate({ maxRunning: 1, maxQueued: 9, maxWaitMs: 10 })
  const leave = await slow.enter(never)
  await expect(slow.enter(never)).rejects.toMatchObject({ status: 503, details: { code: 'busy' } })
  const waiting = slow.enter(never)
  const closed = slow.close()
  await expect(waiting).rejects.toMatchObject({ status: 503, details: { code: 'shutting-down' } })
  leave()
  await closed
})
