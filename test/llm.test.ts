import { describe, expect, it } from 'vitest'
import { FuseSearchError } from '../packages/fusesearch/src/core/index.ts'
import {
  createEmbeddedPolicy,
  createLlmPolicy,
  type LlmOptions,
  measureContext,
} from '../packages/fusesearch/src/policies/index.ts'
import { SHOP, SHOP_ISSUE, temporaryFolder, writeFiles } from './support/folder.ts'
import { memoryModel, playPolicy, type Said } from './support/llm.ts'

const GREP: Said = { calls: [['grep', { pattern: 'apply_discount' }]] }
const ANSWER: Said = {
  calls: [
    [
      'answer',
      { files: [{ path: 'shop/cart.py', functions: [{ name: 'Cart.apply_discount', startLine: 10, endLine: 14 }] }] },
    ],
  ],
}

type Script = Parameters<typeof memoryModel>[0]

async function play(
  script: Script,
  options: Partial<LlmOptions> & { readonly maxTurns?: number; readonly maxBreadth?: number } = {},
) {
  const { maxTurns = 4, maxBreadth = 8, ...rest } = options
  const model = memoryModel(script)
  const root = writeFiles(temporaryFolder(), SHOP)
  const run = await playPolicy(createLlmPolicy({ model, ...rest }), {
    root,
    issue: SHOP_ISSUE,
    budget: { maxTurns, maxBreadth },
  })
  return { run, requests: model.requests, paths: run.answer.files.map(({ path }) => path) }
}

function notesOf({ run }: Awaited<ReturnType<typeof play>>): string {
  return [...run.turns.flatMap(({ notes }) => notes ?? []), ...(run.notes ?? [])].join('\n')
}

function lastContent(
  requests: readonly { readonly messages: readonly { readonly content: string }[] }[],
  index: number,
): string {
  return requests[index]?.messages.at(-1)?.content ?? ''
}

describe('the LLM policy', () => {
  it('turns calls and results into a chat and the answer call into an answer', async () => {
    const { run, requests } = await play([GREP, ANSWER])
    expect(run.stoppedBy).toBe('answer')
    expect(run.answer.files[0]).toMatchObject({
      path: 'shop/cart.py',
      functions: [{ name: 'Cart.apply_discount', startLine: 10, endLine: 14 }],
      evidence: [{ turn: 1, call: 0 }],
    })
    expect(requests[1]?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool'])
    expect(lastContent(requests, 1)).toContain(
      '[turn 1, call 1]\nshop/cart.py\n10:    def apply_discount(self, percent):',
    )
    expect(lastContent(requests, 1)).toContain(
      '[Turn 2 of 4: up to 8 calls, or `answer`. Turns left after this one: 2.]',
    )
    expect(run.trajectory.header.settings).toMatchObject({ model: 'memory', breadth: 'adaptive', promptVersion: 2 })
  })

  it('never changes what was sent before', async () => {
    const { requests } = await play([
      GREP,
      { text: 'Hm.' },
      { calls: [['read_file', { path: 'shop/cart.py' }]] },
      ANSWER,
    ])
    expect(requests).toHaveLength(4)
    for (const [index, { messages, tools }] of requests.slice(1).entries()) {
      const before = requests[index]
      expect(messages.slice(0, before?.messages.length)).toEqual(before?.messages)
      expect(tools).toEqual(before?.tools)
    }
  })

  it('asks for the answer tool on the last turn and takes nothing else', async () => {
    const { run, requests } = await play([GREP], { maxTurns: 2 })
    // The second reply to the demand for an answer is the same as the first: there is no third.
    expect(requests.map(({ toolChoice }) => toolChoice)).toEqual(['auto', { name: 'answer' }, { name: 'answer' }])
    expect(lastContent(requests, 1)).toContain('the last: nothing more is run')
    expect(run).toMatchObject({ stoppedBy: 'turns', answeredBy: 'answerNow' })
    expect(run.answer.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
    expect(run.notes?.join('\n')).toContain('is taken instead')
  })

  it('speaks the text form to models without native calls', async () => {
    const text =
      '<think>where?</think>I look.\n<tool_call>\n{"name": "grep", "arguments": {"pattern": "def apply\\w+"}}\n</tool_call>'
    const answer = `<tool_call>{"name": "answer", "arguments": ${JSON.stringify({ files: [{ path: 'shop/cart.py' }] })}}`
    const { run, requests, paths } = await play([{ text }, { text: answer }], { toolForm: 'text' })
    expect(paths).toEqual(['shop/cart.py'])
    expect(run.turns[0]?.calls).toEqual([{ tool: 'grep', arguments: { pattern: String.raw`def apply\w+` } }])
    expect(requests[0]?.tools).toEqual([])
    expect(requests[1]?.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user'])
    expect(requests[1]?.messages[2]?.content).not.toContain('think')
    expect(lastContent(requests, 1)).toMatch(/^<tool_response>\n\[turn 1, call 1\]/)
  })

  it('runs the calls that are right beside those that are wrong, and says what is wrong', async () => {
    const calls = [
      ['grep', { pattern: 'apply_discount' }],
      ['search_web', { query: 'discount' }],
      ['grep', { pattern: 7 }],
      ['read_file', '{"path": "shop/ca'],
    ] as const
    const { run, requests, paths } = await play([{ calls }, ANSWER])
    expect(paths).toEqual(['shop/cart.py'])
    expect(run.turns[0]?.calls).toHaveLength(1)
    const results = requests[1]?.messages.filter(({ role }) => role === 'tool').map(({ content }) => content) ?? []
    expect(results).toHaveLength(4)
    expect(results[1]).toBe('There is no tool "search_web". Call one of grep, glob, read_file, answer.')
    expect(results[2]).toContain('Bad arguments for grep: pattern')
    expect(results[3]).toContain('no JSON object')
    expect(run.turns[0]?.notes).toHaveLength(3)
  })

  it('tells cut calls back, whoever cut them', async () => {
    const calls = Array.from({ length: 40 }, (_, index) => ['grep', { pattern: `item${index}` }] as const)
    const byLoop = await play([{ calls }, ANSWER], { maxBreadth: 3 })
    expect(byLoop.run.turns[0]).toMatchObject({ calls: { length: 3 }, cut: { length: 37 } })
    expect(
      byLoop.requests[1]?.messages.filter(({ content }) => content.startsWith('Not run: a turn may hold 3 calls')),
    ).toHaveLength(37)
    const byPolicy = await play([{ calls }, ANSWER], { breadth: 1 })
    expect(byPolicy.run.turns[0]?.calls).toHaveLength(1)
    expect(byPolicy.requests[0]?.parallelToolCalls).toBe(false)
    expect(byPolicy.requests[1]?.messages[6]?.content).toContain('a turn may hold 1 call.')
  })

  it.each<[string, Said]>([
    ['a path with ./', { calls: [['answer', { files: [{ path: './shop/cart.py' }] }]] }],
    ['backslashes', { calls: [['answer', { files: [{ path: String.raw`shop\cart.py` }] }]] }],
    ['an absolute path', { calls: [['answer', { files: ['/home/me/shop-repo/shop/cart.py'] }]] }],
    ['the a/ of a diff and lines', { calls: [['answer', { files: ['a/shop/cart.py:10-14'] }]] }],
    [
      'an answer in a text',
      { calls: [['answer', JSON.stringify(JSON.stringify({ files: [{ file: 'shop/cart.py' }] }))]] },
    ],
    ['another name for the tool', { calls: [['functions.final_answer', { files: 'shop/cart.py' }]] }],
    ['malformed JSON', { calls: [['answer', "{'files': [{'path': 'shop/cart.py',},]"]] }],
    [
      'a text call by a native model',
      { text: '<tool_call>{"name":"answer","arguments":{"files":["shop/cart.py"]}}</tool_call>' },
    ],
    ['JSON in prose', { text: 'Here:\n```json\n{"files": [{"path": "shop/cart.py"}]}\n```' }],
  ])('repairs %s', async (_, said) => {
    const played = await play([GREP, said])
    expect(played.paths).toEqual(['shop/cart.py'])
    expect(played.run.answeredBy).toBe('next')
    expect(played.requests).toHaveLength(2)
  })

  it('resolves a name without its class, lines the wrong way round and foreign separators', async () => {
    const read: Said = { calls: [['read_file', { path: 'shop/cart.py' }]] }
    for (const name of [
      'apply_discount',
      'Cart::apply_discount()',
      'shop.cart.Cart.apply_discount',
      'def apply_discount(self, percent):',
    ]) {
      const answer = { files: [{ path: 'shop/cart.py', functions: [{ name, startLine: 14, endLine: 10 }] }] }
      const { run } = await play([read, { calls: [['answer', answer]] }])
      expect(run.answer.files[0]?.functions).toEqual([
        { name: 'Cart.apply_discount', startLine: 10, endLine: 14, score: 1 },
      ])
      expect(run.notes?.join()).toContain('was read as Cart.apply_discount')
    }
  })

  it('takes an answer in words on the last turn, and asks for a call before', async () => {
    const prose: Said = { text: 'The bug is in `shop/cart.py`, in `Cart.apply_discount`.' }
    const last = await play([GREP, prose], { maxTurns: 2 })
    expect(last.run.answer.files[0]).toMatchObject({
      path: 'shop/cart.py',
      functions: [{ name: 'Cart.apply_discount' }],
    })
    expect(last.requests).toHaveLength(2)
    const early = await play([GREP, prose, GREP, ANSWER])
    expect(lastContent(early.requests, 2)).toBe(
      'Your reply held no tool call. Call tools to search, or `answer` to end.',
    )
    expect(early.paths).toEqual(['shop/cart.py'])
    const stubborn = await play([GREP, prose])
    expect(stubborn.run.answeredBy).toBe('next')
    expect(stubborn.requests).toHaveLength(3)
  })

  it('asks once more for paths that no call showed', async () => {
    const invented: Said = { calls: [['answer', { files: [{ path: 'shop/carts.py' }] }]] }
    const mended = await play([GREP, invented, ANSWER])
    expect(mended.requests[2]?.messages.at(-1)?.content).toContain(
      'no call has shown: shop/carts.py. Nearest paths seen: shop/cart.py',
    )
    expect(mended.paths).toEqual(['shop/cart.py'])
    const kept = await play([GREP, invented])
    expect(kept.paths).toEqual(['shop/carts.py'])
    expect(notesOf(kept)).toContain('names what no call has shown')
  })

  it.each<[string, Said]>([
    ['empty replies', {}],
    ['only thoughts', { text: '<think>so many things' }],
    ['calls without sense', { calls: [['', 'x']] }],
    ['a cut reply', { text: 'I will', finish: 'length' }],
    ['a withheld reply', { finish: 'filtered' }],
    ['an answer without files', { calls: [['answer', { files: [] }]] }],
  ])('ends with the best so far after %s', async (_, said) => {
    const played = await play([GREP, said])
    expect(played.run.stoppedBy).toBe('no-calls')
    expect(played.paths).toEqual(['shop/cart.py'])
    expect(played.requests).toHaveLength(3)
    expect(notesOf(played)).toContain("None of the model's 2 replies could be used")
  })

  it('lets a failing endpoint end the run with what was seen, or with the fallback', async () => {
    const failure = new FuseSearchError('The endpoint is gone. Start it.', { code: 'model-unreachable' })
    const alone = await play([GREP, failure])
    expect(alone.run).toMatchObject({ stoppedBy: 'policy-failed', failure: { code: 'model-unreachable' } })
    expect(alone.paths).toEqual(['shop/cart.py'])
    const embedded = createEmbeddedPolicy()
    const read: Said = { calls: [['read_file', { path: 'shop/cart.py' }]] }
    const unseeded = await play([read, failure], { fallback: embedded })
    expect(unseeded.run.answer.files[0]?.functions[0]?.name).toBe('Cart.apply_discount')
    const backed = await play([failure], { seedWith: embedded, fallback: embedded })
    expect(backed.run.turns[0]?.notes?.join()).toContain('those of the policy embedded')
    expect(backed.run.stoppedBy).toBe('policy-failed')
    expect(backed.run.notes?.join()).toContain('the answer of the policy embedded')
    expect(backed.paths).toEqual(['shop/cart.py'])
    const atLast = await play([failure], { fallback: embedded, maxTurns: 1 })
    expect(atLast.run).toMatchObject({ stoppedBy: 'policy-failed', turns: [] })
  })

  it('answers from the issue alone without tools', async () => {
    const { run, requests, paths } = await play([ANSWER], { noTools: true })
    expect(run.trajectory.header.policy).toBe('llm-no-tools')
    expect(requests).toHaveLength(1)
    expect(requests[0]?.tools.map(({ name }) => name)).toEqual(['answer'])
    expect(paths).toEqual(['shop/cart.py'])
    const prose = await play([{ text: 'Probably shop/cart.py, I think.' }], { noTools: true })
    expect(prose.paths).toEqual(['shop/cart.py'])
  })

  it('counts tokens and cost, and ends with an answer when they are spent', async () => {
    const usage = { inputTokens: 3_000, outputTokens: 100, cachedTokens: 1_000 }
    const price = { inputPerMillion: 1, outputPerMillion: 10, cachedPerMillion: 0.5 }
    const { run } = await play(
      [
        { ...GREP, usage },
        { ...ANSWER, usage },
      ],
      { price },
    )
    expect(run.turns[0]?.model).toMatchObject({ requests: 1, ...usage, isEstimated: false })
    // 2,000 at 1, 1,000 at 0.5 and 100 at 10 a million.
    expect(run.turns[0]?.model?.cost).toBeCloseTo(0.0035, 10)
    expect(run.stats.model).toMatchObject({ requests: 2, inputTokens: 6_000, outputTokens: 200, cachedTokens: 2_000 })
    expect(run.trajectory.end?.stats.model?.cost).toBeCloseTo(0.007, 10)
    const tight = await play([{ ...GREP, usage }, ANSWER], { maxTokens: 7_000 })
    expect(lastContent(tight.requests, 1)).toContain('the last: nothing more is run')
    expect(tight.run.answeredBy).toBe('next')
    const broke = await play([{ ...GREP, usage }, ANSWER], { maxCost: 0.0065, price })
    expect(broke.requests).toHaveLength(1)
    expect(broke.paths).toEqual(['shop/cart.py'])
    expect(notesOf(broke)).toContain('The model was not asked again: the limit of 0.0065')
  })

  it('says where lines stand that were shown before, and folds on request', async () => {
    const read: Said = { calls: [['read_file', { path: 'shop/cart.py' }]] }
    const again: Said = { calls: [['read_file', { path: 'shop/cart.py', startLine: 5, endLine: 16 }]] }
    const { run, requests } = await play([read, again, ANSWER])
    expect(lastContent(requests, 2)).toContain('[shop/cart.py, shown before: lines 5-16 in turn 1, call 1.]')
    const savings = await measureContext(run.trajectory.turns, {
      maxTokensPerCall: 4_000,
      maxTokensPerTurn: 12_000,
      hideShownLines: true,
      novelty: false,
      foldAfterTurns: null,
    })
    expect(savings).toMatchObject({ calls: 2, hiddenLines: 12, cutCalls: 0, budgetTokens: savings.plainTokens })
    expect(savings.bothTokens).toBeLessThan(savings.plainTokens)
    const folded = await play([read, GREP, again, ANSWER], { context: { foldAfterTurns: 2, novelty: true } })
    expect(folded.requests[3]?.messages[3]?.content).toMatch(/folded, \d+ bytes/)
    expect(lastContent(folded.requests, 3)).toContain('14:        return self.total()')
    expect(lastContent(folded.requests, 1)).toContain('[17 of 17 lines were new.]')
  })

  it('suggests the nearest names and paths that exist after a miss, in the first turn too', async () => {
    const miss: Said = {
      calls: [
        ['grep', { pattern: 'aply_discount' }],
        ['read_file', { path: 'src/cart.py' }],
      ],
    }
    const { requests, run } = await play([miss, ANSWER])
    const [names, paths] = requests[1]?.messages.slice(-2).map(({ content }) => content) ?? []
    expect(names).toContain('[Nearest names that exist: apply_discount (shop/cart.py:10)]')
    expect(paths).toContain('[Nearest paths that exist: shop/cart.py, tests/test_cart.py]')
    // A suggestion is no result: nothing was gained, and an answer with it is taken all the same.
    expect(run.turns[0]?.gains).toEqual([0, 0])
    expect(requests).toHaveLength(2)
  })

  it('ends at once when the run is aborted', async () => {
    const stop = new AbortController()
    const model = {
      ...memoryModel([]),
      complete: () => (stop.abort(new Error('enough')), new Promise<never>(() => {})),
    }
    const root = writeFiles(temporaryFolder(), SHOP)
    const run = playPolicy(createLlmPolicy({ model }), { root, issue: SHOP_ISSUE, signal: stop.signal })
    await expect(run).rejects.toThrow('enough')
  })
})
