import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { EMPTY_ANSWER, type Policy } from '../agent/index.ts'
import { createEmbeddedPolicy } from '../policies/index.ts'
import { createWorkspace, type LocateEvent, locate, locateEvents } from './index.ts'

const ISSUE = 'apply_discount rounds the wrong way'

function repository(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fusesearch-events-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'cart.py'), 'def apply_discount(percent):\n    return percent // 100\n')
  return folder
}

async function collect(events: AsyncIterable<LocateEvent>): Promise<LocateEvent[]> {
  const all: LocateEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

/** Hangs in its first turn until it is aborted. */
const stuck: Policy = {
  name: 'stuck',
  start: () => ({
    next: (_, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
    answerNow: () => EMPTY_ANSWER,
  }),
}

test('sends the events of the run in order, and finally the result of locate', async () => {
  const options = { repository: repository(), issue: ISSUE, policy: createEmbeddedPolicy() }
  const events = await collect(locateEvents(options))
  const kinds = events.map(({ kind }) => kind)
  expect(kinds.slice(0, 3)).toEqual(['started', 'turn-decided', 'turn-finished'])
  expect(kinds.slice(-2)).toEqual(['answered', 'located'])
  const last = events.at(-1)
  const result = await locate(options)
  expect(last?.kind === 'located' && last.result.files).toEqual(result.files)
  expect(result.files[0]?.path).toBe('cart.py')
})

test('ends the run when its loop is left, and when the signal aborts', async () => {
  let isStopped = false
  const policy: Policy = {
    name: 'watched',
    start: () => ({
      next: (_, signal) =>
        new Promise(() => signal.addEventListener('abort', () => (isStopped = true), { once: true })),
      answerNow: () => EMPTY_ANSWER,
    }),
  }
  const options = { repository: repository(), issue: ISSUE, policy }
  for await (const event of locateEvents(options)) {
    expect(event.kind).toBe('started')
    break
  }
  expect(isStopped).toBe(true)
  const signal = AbortSignal.timeout(20)
  await expect(collect(locateEvents({ ...options, policy: stuck, signal }))).rejects.toMatchObject({
    name: 'TimeoutError',
  })
  await expect(collect(locateEvents({ ...options, signal: AbortSignal.abort('before') }))).rejects.toBe('before')
})

test('throws the same as locate, also to a slow reader', async () => {
  const failing: Policy = {
    name: 'failing',
    start: () => ({ next: () => Promise.reject(new Error('bug')), answerNow: () => EMPTY_ANSWER }),
  }
  const options = { repository: repository(), issue: ISSUE, policy: failing }
  const events = locateEvents(options)
  expect((await events.next()).value).toMatchObject({ kind: 'started' })
  // The run fails while nobody waits for it: an unhandled failure would end the process.
  await new Promise((resolve) => setTimeout(resolve, 50))
  await expect(events.next()).rejects.toThrow('bug')
  await expect(collect(locateEvents({ ...options, issue: '' }))).rejects.toMatchObject({ code: 'bad-issue' })
})

test('a workspace handles many searches at once, sees every edit, and runs calls', async () => {
  const folder = repository()
  const workspace = createWorkspace({ repository: folder })
  onTestFinished(() => workspace.close())
  const policy = createEmbeddedPolicy()
  const ask = async () => (await workspace.locate({ issue: ISSUE, policy })).files[0]
  expect((await Promise.all([ask(), ask(), ask()])).map((file) => file?.path)).toEqual(Array(3).fill('cart.py'))
  writeFileSync(join(folder, 'cart.py'), '\n\ndef apply_discount(percent):\n    return percent // 100\n')
  expect((await ask())?.functions[0]).toMatchObject({ name: 'apply_discount', startLine: 3, endLine: 4 })
  writeFileSync(join(folder, 'new.py'), 'x = 1\n')
  const [listed, failed] = await workspace.search([
    { tool: 'glob', arguments: { patterns: ['*.py'] } },
    { tool: 'grep', arguments: { pattern: '(' } },
  ])
  expect(listed).toMatchObject({ ok: true, paths: ['cart.py', 'new.py'] })
  expect(failed).toMatchObject({ ok: false, code: 'bad-pattern' })
  await expect(workspace.search([], { signal: AbortSignal.abort('no') })).rejects.toBe('no')
})
