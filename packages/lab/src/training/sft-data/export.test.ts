import { join } from 'node:path'
import { type Answer, createScriptedPolicy, EMPTY_ANSWER, type ScriptedStep } from 'fusesearch/agent'
import { createEmbeddedPolicy } from 'fusesearch/policies'
import { expect, test } from 'vitest'
import { SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from '../../../../../test/support/folder.ts'
import { playPolicy } from '../../../../../test/support/llm.ts'
import { exportSft, readScored, type ScoredTrajectory, type SftRequest } from '../index.ts'

const CART: Answer = {
  ...EMPTY_ANSWER,
  files: [
    {
      path: 'shop/cart.py',
      score: 1,
      functions: [{ name: 'Cart.apply_discount', startLine: 10, endLine: 14, score: 1 }],
      evidence: [],
    },
  ],
  confidence: 0.876,
}
const SEARCH: ScriptedStep = {
  kind: 'calls',
  calls: [
    { tool: 'grep', arguments: { pattern: 'apply_discount' } },
    { tool: 'read_file', arguments: { path: 'shop/cart.py', startLine: 1 } },
  ],
}

async function record(steps: readonly ScriptedStep[], fallback = EMPTY_ANSWER): Promise<string> {
  const policy = createScriptedPolicy({ steps, fallback })
  const { trajectoryText } = await playPolicy(policy, { root: tinyRepository(), issue: SHOP_ISSUE })
  return trajectoryText
}

/** A folder as a rollout writes it. */
function rollout(trajectories: Readonly<Record<string, string>>): string {
  return writeFiles(temporaryFolder(), trajectories)
}

const scored = (folder: string, file: string, scores: Partial<ScoredTrajectory> = {}): ScoredTrajectory => ({
  id: file,
  repository: 'tiny/shop',
  policy: 'scripted',
  sample: 0,
  status: 'done',
  file: join(folder, file),
  fileF1: 1,
  functionF1: 1,
  efficiency: 1,
  ...scores,
})

const request = (runs: readonly ScoredTrajectory[], more: Partial<SftRequest> = {}): SftRequest => ({
  runs,
  filter: { minF1: 0.5, minEfficiency: 0.5 },
  fileShare: 0.5,
  teach: {},
  format: 'messages',
  ...more,
})

const answerCall = {
  id: 'answer',
  type: 'function',
  function: {
    name: 'answer',
    arguments: {
      files: [{ path: 'shop/cart.py', functions: [{ name: 'Cart.apply_discount', startLine: 10, endLine: 14 }] }],
    },
  },
}

test('makes one conversation per run: parallel calls with object arguments, results in order, the answer last', async () => {
  const folder = rollout({ a: await record([SEARCH, { kind: 'answer', answer: CART }]) })
  const { text } = await exportSft(request([scored(folder, 'a')]))
  const { messages, tools } = JSON.parse(text) as { messages: object[]; tools: object[] }
  expect(messages).toEqual([
    { role: 'system', content: expect.stringMatching(/^You find where/) },
    { role: 'user', content: expect.stringContaining('[Turn 1 of 6: up to 8 calls') },
    {
      role: 'assistant',
      content: '',
      tool_calls: [
        { id: 't1c1', type: 'function', function: { name: 'grep', arguments: { pattern: 'apply_discount' } } },
        {
          id: 't1c2',
          type: 'function',
          function: { name: 'read_file', arguments: { path: 'shop/cart.py', startLine: 1 } },
        },
      ],
    },
    { role: 'tool', tool_call_id: 't1c1', name: 'grep', content: expect.stringMatching(/^\[turn 1, call 1\]/) },
    { role: 'tool', tool_call_id: 't1c2', name: 'read_file', content: expect.stringContaining('[Turn 2 of 6') },
    { role: 'assistant', content: '', tool_calls: [answerCall] },
  ])
  expect(tools).toHaveLength(4)
})

test('writes the format of LLaMA-Factory: alternating roles, calls and tools as JSON text', async () => {
  const folder = rollout({ a: await record([SEARCH, { kind: 'answer', answer: CART }]) })
  const { text } = await exportSft(request([scored(folder, 'a')], { format: 'llamafactory' }))
  const data = JSON.parse(text) as { conversations: { from: string; value: string }[]; system: string; tools: string }
  expect(data.conversations.map(({ from }) => from)).toEqual(['human', 'function_call', 'observation', 'function_call'])
  expect(JSON.parse(data.conversations[1]?.value ?? '')).toMatchObject([{ name: 'grep' }, { name: 'read_file' }])
  expect(data.conversations[2]?.value).toMatch(
    /^\[turn 1, call 1\][\s\S]*\n<\/tool_response>\n<tool_response>\n\[turn 1, call 2\]/,
  )
  expect(JSON.parse(data.tools)).toMatchObject([
    { name: 'grep' },
    { name: 'glob' },
    { name: 'read_file' },
    { name: 'answer' },
  ])
  expect(data.system).toMatch(/^You find where/)
})

test('writes the texts of a GGUF model; where results are folded, each reply is learned once', async () => {
  const read: ScriptedStep = {
    kind: 'calls',
    calls: [{ tool: 'read_file', arguments: { path: 'shop/report.py', startLine: 1 } }],
  }
  const folder = rollout({ a: await record([SEARCH, read, { kind: 'answer', answer: CART }]) })
  const linesOf = async (teach: SftRequest['teach']) => {
    const { text } = await exportSft(request([scored(folder, 'a')], { format: 'gguf', teach }))
    type Line = { messages: { role: string; content: string; learn?: boolean }[] }
    return text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as Line).messages)
  }
  const [whole = []] = await linesOf({})
  expect(whole.map(({ role }) => role)).toEqual([
    'system',
    'user',
    'assistant',
    'user',
    'assistant',
    'user',
    'assistant',
  ])
  expect(whole[0]?.content).toMatch(/^You find where[^]*Reply with JSON alone/)
  expect(whole[2]?.content).toMatch(/^{"calls":\[{"name":"grep","arguments":{"pattern":"apply_discount"}},/)
  expect(whole[3]?.content).toMatch(/^\[result of grep\]\n\[turn 1, call 1\][^]*\n\n\[result of read_file\]\n/)
  const folded = await linesOf({ context: { foldAfterTurns: 1 } })
  const learned = folded.map((line) => line.filter(({ role }) => role === 'assistant').map(({ learn }) => learn))
  expect(learned).toEqual([
    [true, true],
    [false, false, true],
  ])
  expect(folded[1]?.[3]?.content).toContain(': folded, ')
})

test('counts what each filter keeps, alone and together, and why the others were dropped', async () => {
  const folder = rollout({
    good: await record([SEARCH, { kind: 'answer', answer: CART }]),
    same: await record([SEARCH, { kind: 'answer', answer: CART }]),
    guess: await record([SEARCH, { kind: 'calls', calls: [] }], CART),
    empty: await record([SEARCH, { kind: 'answer', answer: EMPTY_ANSWER }]),
    wide: await record([
      { kind: 'calls', calls: [{ tool: 'read_file', arguments: { path: './shop/cart.py' } }] },
      { kind: 'answer', answer: CART },
    ]),
  })
  const { statistics } = await exportSft(
    request([
      scored(folder, 'good', { fileF1: 1, functionF1: 0, efficiency: 0.5 }),
      scored(folder, 'same'),
      scored(folder, 'guess'),
      scored(folder, 'empty'),
      scored(folder, 'wide'),
      scored(folder, 'good', { fileF1: 0.9, functionF1: 0 }),
      scored(folder, 'good', { functionF1: null, efficiency: 0.4 }),
      scored(folder, 'good', { efficiency: null }),
      scored(folder, 'good', { fileF1: null, functionF1: null }),
      scored(folder, 'none', { status: 'failed', file: null }),
    ]),
  )
  expect(statistics).toEqual({
    runs: 10,
    scored: 8,
    passF1: 7,
    passEfficiency: 6,
    passBoth: 5,
    written: 1,
    dropped: {
      duplicate: 1,
      unanswered: 1,
      'empty-answer': 1,
      'not-sayable': 1,
      'low-f1': 1,
      'low-efficiency': 2,
      unscored: 1,
      failed: 1,
    },
    instances: 1,
    repositories: { 'tiny/shop': 1 },
    policies: { scripted: 1 },
    mean: { f1: 0.5, efficiency: 0.5, turns: 2, calls: 2 },
  })
})

test('accepts the runs of the embedded policy', async () => {
  const { trajectoryText } = await playPolicy(createEmbeddedPolicy(), { root: tinyRepository(), issue: SHOP_ISSUE })
  const { statistics } = await exportSft(request([scored(rollout({ a: trajectoryText }), 'a')]))
  expect(statistics.written).toBe(1)
})

test('says what a trajectory without complete observations lacks', async () => {
  const text = (await record([SEARCH, { kind: 'answer', answer: CART }])).replace('"full":true', '"full":false')
  const folder = rollout({ a: text })
  await expect(exportSft(request([scored(folder, 'a')]))).rejects.toThrow(/has digests.*Record complete observations/)
})

test('reads the samples of a rollout, and says what a folder without them lacks', async () => {
  const line = { id: 'a', repository: 'o/n', policy: 'p', sample: 0, status: 'done', trajectory: 't/a.jsonl' }
  const scores = { fileF1: 1, functionF1: null, efficiency: 0.5 }
  const folder = writeFiles(temporaryFolder(), {
    'samples.jsonl': `${JSON.stringify({ ...line, ...scores, more: 1 })}\n`,
  })
  const { runs } = await readScored(folder)
  expect(runs).toEqual([
    { id: 'a', repository: 'o/n', policy: 'p', sample: 0, status: 'done', ...scores, file: join(folder, 't/a.jsonl') },
  ])
  await expect(readScored(temporaryFolder())).rejects.toThrow(/has no samples.jsonl/)
  writeFiles(folder, { 'samples.jsonl': `${JSON.stringify(line)}\n` })
  await expect(readScored(folder)).rejects.toThrow(/samples.jsonl, line 1: fileF1/)
})
