import { getEventListeners } from 'node:events'
import { expect, it } from 'vitest'
import { joinSignals, untilAborted } from './abort.ts'

it('aborts with the first of its signals and its reason', () => {
  const [a, b] = [new AbortController(), new AbortController()]
  const joined = joinSignals([a.signal, undefined, b.signal])
  expect(joined.signal.aborted).toBe(false)
  b.abort('b')
  a.abort('a')
  expect(joined.signal.reason).toBe('b')
  expect(joinSignals([a.signal, b.signal]).signal.reason).toBe('a')
  const alone = joinSignals([])
  alone.abort('own')
  expect(alone.signal.reason).toBe('own')
})

it('leaves no listener on a signal that outlives it', () => {
  const long = new AbortController()
  for (let turn = 0; turn < 5; turn++) {
    const joined = joinSignals([long.signal, new AbortController().signal])
    expect(getEventListeners(long.signal, 'abort')).toHaveLength(1)
    joined.close()
    expect(joined.signal.aborted).toBe(false)
  }
  expect(getEventListeners(long.signal, 'abort')).toEqual([])
})

it('waits no longer than the signal allows', async () => {
  const controller = new AbortController()
  const never = untilAborted(new Promise(() => undefined), controller.signal)
  controller.abort(new Error('enough'))
  await expect(never).rejects.toThrow('enough')
  expect(await untilAborted(Promise.resolve(1), new AbortController().signal)).toBe(1)
})
