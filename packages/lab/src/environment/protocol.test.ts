import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { solution, startTiny, tinyWorld } from '../../../../test/support/environment.ts'
import { connectRaw } from '../../../../test/support/websocket.ts'

/** What is sent, and the answer with `…` where it varies or is long. */
interface RecordedFrame {
  readonly name: string
  readonly send: unknown
  readonly receive: unknown
}

const frames = JSON.parse(readFileSync(new URL('frames/session.json', import.meta.url), 'utf8')) as RecordedFrame[]

test('answers every message and error like the recorded frames, in order', async () => {
  const server = await startTiny(await tinyWorld())
  const client = await connectRaw(server.url)
  for (const { name, send, receive } of frames) {
    const answer = await client.ask(send)
    expect(fitted(answer, receive), name).toEqual(receive)
  }
  client.sendFrame(1, '{"type":"close"}')
  const closing = await client.frame()
  expect([closing?.opcode, closing?.payload.readUInt16BE(0)]).toEqual([8, 1000])
  expect(server.failures).toEqual([])
})

/** The answer with `…` wherever the recording has it: at the end of a text, as an item, for a value. */
function fitted(answer: unknown, record: unknown): unknown {
  if (record === '…') return answer === undefined ? undefined : '…'
  if (typeof record === 'string' && typeof answer === 'string' && record.endsWith('…')) {
    return answer.startsWith(record.slice(0, -1)) ? record : answer
  }
  if (Array.isArray(record) && Array.isArray(answer)) return answer.map((item, index) => fitted(item, record[index]))
  if (typeof record !== 'object' || record === null || typeof answer !== 'object' || answer === null) return answer
  const fields = record as Record<string, unknown>
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, fitted(value, fields[key])]))
}

test('plays an episode: a turn of calls in one step, null until the end, then the reward with its parts', async () => {
  const server = await startTiny(await tinyWorld())
  const client = await connectRaw(server.url)
  const { search, answer } = solution(0)
  const opened = await client.ask({ type: 'reset', data: { index: 0, episode_id: 'one', seed: 7, prompt: 'ignored' } })
  expect(opened.data).toMatchObject({ reward: null, done: false })
  expect(opened.data.observation?.text).toContain('Core.mend_0 gives 1')
  expect(JSON.stringify(opened)).not.toMatch(/return 2|core\.py|patch/)
  const stepped = await client.ask({ type: 'step', data: { calls: search } })
  expect(stepped.data).toMatchObject({ reward: null, done: false })
  expect(stepped.data.observation?.results).toMatchObject([
    { id: 'a', name: 'grep', content: expect.stringContaining('[turn 1, call 1]\npart_0/core.py\n2:    def mend_0') },
    { id: 'b', name: 'read_file', content: expect.stringContaining('[Turn 2 of 4: up to 4 calls') },
  ])
  const ended = await client.ask({ type: 'step', data: { calls: answer } })
  expect(ended.data).toMatchObject({ done: true, reward: 2 })
  const state = await client.ask({ type: 'state' })
  expect(state.data).toMatchObject({
    episode_id: 'one',
    step_count: 2,
    task_id: 'tiny-0',
    seed: 7,
    reward: 2,
    reward_parts: { f1: 1, file_f1: 1, function_f1: 1, e: 1 },
    answered: true,
    stopped_by: 'answer',
  })
})

test('draws the same task for the same seed, and iterates over the dataset without one', async () => {
  const server = await startTiny(await tinyWorld(3))
  const client = await connectRaw(server.url)
  const taskOf = async (data: object): Promise<unknown> => {
    const { data: reply } = await client.ask({ type: 'reset', data })
    return reply.observation?.task
  }
  const drawn = [await taskOf({ seed: 5 }), await taskOf({ seed: 5 }), await taskOf({ seed: 5 })]
  expect(drawn).toEqual([drawn[0], drawn[0], drawn[0]])
  for (const index of [0, 1, 2, 0]) expect(await taskOf({})).toMatchObject({ index })
})

test('reports calls beyond the breadth and invalid calls, each with its own id', async () => {
  const server = await startTiny(await tinyWorld())
  const client = await connectRaw(server.url)
  await client.ask({ type: 'reset', data: {} })
  const calls = [
    { id: '1', name: 'no_such', arguments: {} },
    { id: '2', name: 'read_file', arguments: { path: 'nowhere.py' } },
    { id: '3', name: 'glob', arguments: '{"patterns": ["*.md"]}' },
    { name: 'grep', arguments: { pattern: 'x' } },
    { id: '5', name: 'grep', arguments: { pattern: 'y' } },
    { id: '6', name: 'grep', arguments: { pattern: 'z' } },
  ]
  const { data } = await client.ask({ type: 'step', data: { calls } })
  const results = data.observation?.results as { id: string; error?: string; content: string }[]
  expect(results.map(({ id, error }) => [id, error])).toEqual([
    ['1', 'not-run'],
    ['2', 'not-found'],
    ['3', undefined],
    ['c4', undefined],
    ['5', undefined],
    ['6', 'not-run'],
  ])
  expect(results[5]?.content).toMatch(/^Not run: a turn may hold 4 calls/)
})

test('an episode without an answer ends after its turns and says so', async () => {
  const server = await startTiny(await tinyWorld())
  const client = await connectRaw(server.url)
  await client.ask({ type: 'reset', data: {} })
  let steps = 0
  for (let done = false; !done && steps < 20; steps++) {
    const step = await client.ask({
      type: 'step',
      data: { calls: [{ name: 'grep', arguments: { pattern: `w${steps}` } }] },
    })
    done = step.data.done === true
  }
  // Two turns of calls that show nothing; then only an answer is accepted, and asked for three times.
  expect(steps).toBe(5)
  expect((await client.ask({ type: 'state' })).data).toMatchObject({ answered: false, done: true, reward: 0 })
})
