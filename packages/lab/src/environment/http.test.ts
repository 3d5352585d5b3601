import { expect, test } from 'vitest'
import { startTiny, tinyWorld } from '../../../../test/support/environment.ts'

async function startAsking() {
  const world = await tinyWorld(3)
  const [first, ...others] = world.instances
  if (first === undefined) throw new Error('no instance')
  const splits = [
    { name: 'train', instances: others },
    { name: 'test', instances: [first] },
  ]
  const server = await startTiny(world, { splits })
  return async (path: string, body?: unknown): Promise<[number, unknown]> => {
    const request =
      body === undefined
        ? {}
        : { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }
    const answer = await fetch(`${server.url}${path}`, request)
    return [answer.status, await answer.json()]
  }
}

test("has what OpenEnv's validator checks", async () => {
  const ask = await startAsking()
  expect(await ask('/health')).toEqual([200, { status: 'healthy' }])
  expect(await ask('/metadata')).toMatchObject([200, { name: 'fusesearch', description: expect.any(String) }])
  expect(await ask('/schema')).toMatchObject([200, { action: {}, observation: {}, state: {} }])
  expect(await ask('/mcp', {})).toMatchObject([200, { jsonrpc: '2.0', error: { code: -32_600 } }])
  const [status, api] = await ask('/openapi.json')
  expect(status).toBe(200)
  expect(api).toMatchObject({ info: { version: '1.0.0' }, paths: { '/reset': {}, '/step': {}, '/state': {} } })
})

test('has the Task API, and a task contains nothing about the fix', async () => {
  const ask = await startAsking()
  expect(await ask('/list_environments')).toEqual([200, ['fusesearch']])
  expect(await ask('/FuseSearch/splits')).toEqual([
    200,
    [
      { name: 'train', type: 'train' },
      { name: 'test', type: 'test' },
    ],
  ])
  const task = {
    id: 'tiny-0',
    index: 0,
    split: 'test',
    repository: 'tiny/part0',
    issue: 'Core.mend_0 gives 1 where 2 is due; see part_0.',
  }
  expect(await ask('/fusesearch/task', { split: 'test', index: 0 })).toEqual([200, { task }])
  expect(await ask('/fusesearch/tasks', { split: 'test' })).toEqual([200, { tasks: [task], env_name: 'fusesearch' }])
  expect(await ask('/fusesearch/num_tasks', { split: 'train' })).toEqual([200, { num_tasks: 2 }])
  const range = await ask('/fusesearch/task_range', { split: 'train', start: -1 })
  expect(range).toMatchObject([200, { tasks: [{ id: 'tiny-2', index: 1 }] }])
})

test('refuses invalid requests', async () => {
  const ask = await startAsking()
  const wrong = [
    ['/other/splits', undefined, 404],
    ['/fusesearch/task', { split: 'train', index: 9 }, 400],
    ['/fusesearch/task', { split: 'train', index: -1 }, 400],
    ['/fusesearch/tasks', { split: 'none' }, 400],
    ['/fusesearch/task', { split: 'train' }, 400],
    ['/step', { action: { calls: [] } }, 400],
    ['/reset', { index: 'x' }, 400],
    ['/reset', { index: 99 }, 422],
    ['/nothing', undefined, 404],
  ] as const
  for (const [path, body, status] of wrong) expect((await ask(path, body))[0], path).toBe(status)
})

test('reset over HTTP shows a first observation and keeps no session', async () => {
  const ask = await startAsking()
  const first = await ask('/reset', { split: 'test' })
  expect(first).toMatchObject([
    200,
    { observation: { turn: 1, task: { split: 'test', index: 0 } }, reward: null, done: false },
  ])
  expect(await ask('/state')).toMatchObject([200, { episode_id: null, step_count: 0 }])
})

test('returns prompts and tools', async () => {
  const ask = await startAsking()
  const [status, prompts] = await ask('/prompts')
  expect(status).toBe(200)
  expect(prompts).toMatchObject({
    version: 1,
    max_turns: 4,
    answer_tool: 'answer',
    reward: { alpha: 1, gamma: 1, delta: 0, file_share: 0.5 },
    tools: ['grep', 'glob', 'read_file', 'answer'].map((name) => ({ type: 'function', function: { name } })),
  })
})
