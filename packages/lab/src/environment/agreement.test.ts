import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from 'fusesearch/core'
import { createLlmPolicy, describeModelWords, type LlmOptions } from 'fusesearch/policies'
import { MODEL_LIMITS, PAPER_TOOLS } from 'fusesearch/search'
import { expect, test } from 'vitest'
import { startTiny, TINY_SETTINGS, tinyWorld } from '../../../../test/support/environment.ts'
import { temporaryFolder } from '../../../../test/support/folder.ts'
import { memoryModel } from '../../../../test/support/llm.ts'
import { connectRaw } from '../../../../test/support/websocket.ts'
import type { Instance } from '../datasets/index.ts'
import { createLocalRunner, createPolicyContestant, type Preparer } from '../evaluation/index.ts'
import { exportSft } from '../training/index.ts'

type Said = readonly (readonly [name: string, given: object])[]

/** A run with repeated, broken and surplus calls, and a partly correct answer. */
const TURNS: readonly Said[] = [
  [
    ['grep', { pattern: 'mend_0|discount' }],
    ['glob', { patterns: ['**/*.py'] }],
    ['grep', { pattern: 'mend_0' }],
  ],
  [
    ['read_file', { path: 'shop/cart.py' }],
    ['read_file', { path: 'part_0/core.py' }],
    ['read_file', { path: 'shop/cart.py', startLine: 1, endLine: 12 }],
    ['grep', { pattern: 'nothing_such' }],
  ],
]
const ANSWER: Said = [
  [
    'answer',
    {
      files: [
        { path: 'part_0/core.py', functions: [{ name: 'Core.mend_0', startLine: 2, endLine: 3 }] },
        { path: 'shop/cart.py', functions: [{ name: 'Cart.total', startLine: 16, endLine: 17 }] },
      ],
    },
  ],
]

/** The run in an evaluation, with a scripted model in memory. */
async function evaluated(instance: Instance, preparer: Preparer, limits: LlmOptions['context']) {
  const model = memoryModel([...TURNS, ANSWER].map((calls) => ({ calls })))
  const folder = temporaryFolder()
  const budget = { maxTurns: 4, maxBreadth: 4, deadlineMs: null }
  const policy = createLlmPolicy({ model, ...(limits && { context: limits }) })
  const contestants = [
    createPolicyContestant({
      name: 'llm',
      policy,
      budget,
      limits: MODEL_LIMITS,
      tools: PAPER_TOOLS,
      full: true,
      version: '0',
    }),
  ]
  const events: Parameters<NonNullable<Parameters<ReturnType<typeof createLocalRunner>['run']>[1]>>[0][] = []
  const runner = createLocalRunner(
    {
      contestants,
      preparer,
      folder,
      seed: 0,
      searchLimitMs: 60_000,
      clock: systemClock,
    },
    new AbortController().signal,
  )
  await runner.run({ instance, fileName: 'x', policies: ['llm'] }, (event) => events.push(event))
  const [row] = events.flatMap((event) => (event.kind === 'row' ? [event.row] : []))
  if (row?.status !== 'done') throw new Error(`the run failed: ${JSON.stringify(row)}`)
  return { row, folder, messages: model.requests.at(-1)?.messages ?? [] }
}

test.each([undefined, 60])(
  'evaluation, environment and training data have the same text and reward; %s tokens a turn',
  async (maxResultTokens) => {
    const limits = maxResultTokens === undefined ? undefined : { maxTokensPerTurn: maxResultTokens }
    const world = await tinyWorld()
    const [instance] = world.instances
    if (instance === undefined) throw new Error('no instance')
    const preparer = world.preparer()
    const { row, folder, messages } = await evaluated(instance, preparer, limits)
    await preparer.close()

    const server = await startTiny(world, { settings: { ...TINY_SETTINGS, maxResultTokens } })
    const client = await connectRaw(server.url)
    const opening = (await client.ask({ type: 'reset', data: { index: 0 } })).data.observation
    const shown: unknown[] = [opening?.system, opening?.text]
    for (const said of TURNS) {
      const calls = said.map(([name, given], index) => ({ id: `c${index}`, name, arguments: given }))
      const { data } = await client.ask({ type: 'step', data: { calls } })
      const results = data.observation?.results as { content: string }[]
      shown.push(...results.map(({ content }) => content))
    }
    const last = ANSWER.map(([name, given]) => ({ name, arguments: given }))
    const ended = (await client.ask({ type: 'step', data: { calls: last } })).data
    expect(shown.slice(2).some((content) => String(content).length > 400)).toBe(maxResultTokens === undefined)
    expect(shown).toEqual(messages.filter(({ role }) => role !== 'assistant').map(({ content }) => content))

    const { data: state } = await client.ask({ type: 'state' })
    const [fileF1, functionF1, e] = [row.score.file?.f1 ?? 0, row.score.function?.f1 ?? 0, row.stats.efficiency ?? 0]
    expect(state.reward_parts).toEqual({ f1: (fileF1 + functionF1) / 2, file_f1: fileF1, function_f1: functionF1, e })
    const f1 = (fileF1 + functionF1) / 2
    expect(ended.reward).toBe(f1 + f1 * e)
    expect([fileF1, functionF1]).toEqual([2 / 3, 2 / 3])
    expect(e).toBeGreaterThan(0)
    expect(e).toBeLessThan(1)

    const scored = { id: row.id, repository: row.repository, policy: 'llm', sample: 0, status: 'done' } as const
    const run = { ...scored, file: join(folder, row.trajectory ?? ''), fileF1, functionF1, efficiency: e }
    const filter = { minF1: 0, minEfficiency: 0 }
    const { text } = await exportSft({
      runs: [run],
      filter,
      fileShare: 0.5,
      teach: limits === undefined ? {} : { context: limits },
      format: 'messages',
    })
    const data = JSON.parse(text) as {
      messages: { role: string; content: string; tool_calls?: unknown }[]
      tools: unknown
    }
    expect(data.messages.filter(({ role }) => role !== 'assistant').map(({ content }) => content)).toEqual(shown)
    const said = data.messages.filter(({ role }) => role === 'assistant')
    expect(said).toMatchObject([...TURNS, ANSWER].map((turn) => ({ content: '', tool_calls: callsOf(turn) })))
    const { tools } = await describeModelWords()
    expect(data.tools).toEqual(tools.map((definition) => ({ type: 'function', function: definition })))
    const prompts = (await (await fetch(`${server.url}/prompts`)).json()) as { tools: unknown; system: unknown }
    expect([prompts.tools, prompts.system]).toEqual([data.tools, shown[0]])
    expect(readFileSync(run.file, 'utf8')).toContain('"full":true')
  },
)

function callsOf(turn: Said): object[] {
  return turn.map(([name, given]) => ({ type: 'function', function: { name, arguments: given } }))
}
