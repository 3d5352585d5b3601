import { expect, test } from 'vitest'
import { createGate } from './gate.ts'

const { signal } = new AbortController()

test('lets as many run as it may, and the others in the order in which they came', async () => {
  const gate = createGate({ atOnce: 2, maxWaiting: 10 })
  const ended: number[] = []
  const work = [0, 1, 2, 3, 4].map((name) => createWork(name, ended))
  const done = work.map(({ run }) => gate.run(signal, run))
  await nextRound()
  expect(work.map(({ isRunning }) => isRunning())).toEqual([true, true, false, false, false])
  work[1]?.finish()
  await done[1]
  await nextRound()
  expect(work.map(({ isRunning }) => isRunning())).toEqual([true, false, true, false, false])
  for (const { finish } of work) finish()
  await Promise.all(done)
  await gate.idle()
  expect(ended).toEqual([1, 0, 2, 3, 4])
})

test('who is cancelled while waiting never runs, and holds up nobody', async () => {
  const gate = createGate({ atOnce: 1, maxWaiting: 10 })
  const [first, second, third] = [createWork(0, []), createWork(1, []), createWork(2, [])]
  const controller = new AbortController()
  const [doneFirst, doneSecond, doneThird] = [
    gate.run(signal, first.run),
    gate.run(controller.signal, second.run),
    gate.run(signal, third.run),
  ]
  controller.abort(new Error('no longer wanted'))
  await expect(doneSecond).rejects.toThrow('no longer wanted')
  first.finish()
  await doneFirst
  third.finish()
  await doneThird
  await expect(gate.run(controller.signal, second.run)).rejects.toThrow('no longer wanted')
})

test('refuses when too many wait, and goes on after a failure', async () => {
  const gate = createGate({ atOnce: 1, maxWaiting: 1 })
  const failing = gate.run(signal, () => Promise.reject(new Error('broken')))
  const waiting = gate.run(signal, () => Promise.resolve('done'))
  await expect(gate.run(signal, () => Promise.resolve())).rejects.toThrow('1 requests wait already')
  await expect(failing).rejects.toThrow('broken')
  await expect(waiting).resolves.toBe('done')
})

/** Lets everything run that waits for nothing but its turn. */
function nextRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

interface Work {
  readonly run: () => Promise<void>
  readonly finish: () => void
  readonly isRunning: () => boolean
}

function createWork(name: number, ended: number[]): Work {
  let running = false
  const finishing = new AbortController()
  const finished = new Promise<void>((resolve) => {
    finishing.signal.addEventListener('abort', () => resolve())
  })
  return {
    async run() {
      running = true
      await finished
      running = false
      ended.push(name)
    },
    finish: () => finishing.abort(),
    isRunning: () => running,
  }
}
