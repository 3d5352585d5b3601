import { array, assert, asyncProperty, boolean, integer, scheduler } from 'fast-check'
import { expect, it } from 'vitest'
import { Semaphore } from './semaphore.ts'

const never = new AbortController().signal
const refuse = (why: string, waiting: number): Error => new Error(`${why} ${waiting}`)

it('runs so many at once, lets so many wait, and refuses the rest', async () => {
  const gate = new Semaphore({ places: 1, maxWaiting: 1, refuse })
  const leave = await gate.enter(never)
  const second = gate.enter(never)
  await expect(gate.enter(never)).rejects.toThrow('full 1')
  expect(gate.load()).toEqual({ running: 1, waiting: 1 })
  leave()
  // Leaving twice frees only one place.
  leave()
  const leaveSecond = await second
  expect(gate.load()).toEqual({ running: 1, waiting: 0 })
  leaveSecond()
  expect(gate.load()).toEqual({ running: 0, waiting: 0 })
})

it('ends a wait that takes too long or is aborted, and gives the place to the next', async () => {
  const gate = new Semaphore({ places: 1, maxWaitMs: 10, refuse })
  const leave = await gate.enter(never)
  await expect(gate.enter(never)).rejects.toThrow('late 1')
  const client = new AbortController()
  const waiting = gate.enter(client.signal)
  client.abort(new Error('gone'))
  await expect(waiting).rejects.toThrow('gone')
  await expect(gate.enter(client.signal)).rejects.toThrow('gone')
  expect(gate.load()).toEqual({ running: 1, waiting: 0 })
  leave()
})

it('closes: refuses waiting and new tasks, and waits for running ones', async () => {
  const gate = new Semaphore({ places: 1, refuse })
  const leave = await gate.enter(never)
  const waiting = gate.enter(never)
  let isEmpty = false
  const closed = gate.close().then(() => (isEmpty = true))
  await expect(waiting).rejects.toThrow('closed')
  await expect(gate.enter(never)).rejects.toThrow('closed')
  expect([isEmpty, gate.isClosed]).toEqual([false, true])
  leave()
  await closed
  await new Semaphore({ places: 1 }).close()
})

it('continues after work that fails', async () => {
  const gate = new Semaphore({ places: 1 })
  const failing = gate.run(() => Promise.reject(new Error('broken')), never)
  const next = gate.run(() => Promise.resolve('done'), never)
  await expect(failing).rejects.toThrow('broken')
  await expect(next).resolves.toBe('done')
})

it('keeps the order, never exceeds its places, and never runs a task that was aborted while waiting', async () => {
  await assert(
    asyncProperty(integer({ min: 1, max: 4 }), scheduler(), array(boolean()), async (places, s, aborts) => {
      const gate = new Semaphore({ places })
      const begun: number[] = []
      let [running, most] = [0, 0]
      const work = aborts.map((isAborted, index) => {
        const controller = new AbortController()
        const done = gate.run(async () => {
          begun.push(index)
          most = Math.max(most, ++running)
          await s.schedule(Promise.resolve())
          running--
        }, controller.signal)
        const isWaiting = index >= places
        if (isAborted && isWaiting) controller.abort()
        return done.then(
          () => true,
          () => false,
        )
      })
      await s.waitFor(Promise.all(work))
      const wanted = aborts.flatMap((isAborted, index) => (isAborted && index >= places ? [] : [index]))
      expect(begun).toEqual(wanted)
      expect(await Promise.all(work)).toEqual(aborts.map((_, index) => wanted.includes(index)))
      expect(most).toBeLessThanOrEqual(places)
      expect(gate.load()).toEqual({ running: 0, waiting: 0 })
    }),
  )
})
