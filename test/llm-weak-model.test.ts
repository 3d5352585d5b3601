import { beforeAll, describe, expect, it } from 'vitest'
import type { Budget } from '../packages/fusesearch/src/agent/index.ts'
import { FuseSearchError } from '../packages/fusesearch/src/core/index.ts'
import { locate } from '../packages/fusesearch/src/locate/index.ts'
import { createEmbeddedPolicy, createLlmPolicy, type LlmOptions } from '../packages/fusesearch/src/policies/index.ts'
import { MODEL_LIMITS } from '../packages/fusesearch/src/search/index.ts'
import { lastingFolder, SHOP, SHOP_ISSUE, temporaryFolder, writeFiles } from './support/folder.ts'
import { memoryModel, playPolicy, type Said } from './support/llm.ts'

const grep = (pattern: string, more: object = {}): Said => ({ calls: [['grep', { pattern, ...more }]] })
const DEF = grep('def ')
const readWhole = (path: string): Said => ({ calls: [['read_file', { path }]] })
const ANSWER: Said = { calls: [['answer', { files: [{ path: 'shop/cart.py', functions: [{ name: 'total' }] }] }]] }

interface Played {
  readonly options?: Partial<LlmOptions>
  readonly budget?: Partial<Budget>
}

async function play(said: Parameters<typeof memoryModel>[0], { options = {}, budget = {} }: Played = {}) {
  const model = memoryModel(said)
  const root = writeFiles(temporaryFolder(), SHOP)
  const run = await playPolicy(createLlmPolicy({ model, ...options }), { root, issue: SHOP_ISSUE, budget })
  const told = model.requests.flatMap(({ messages }) => messages.slice(2).map(({ content }) => content))
  return { run, requests: model.requests, told: told.join('\n'), paths: run.answer.files.map(({ path }) => path) }
}

describe('a model that repeats itself', () => {
  it('is told where the result stands, and what to do instead; the call is not run', async () => {
    const mixed: Said = {
      calls: [...(DEF.calls ?? []), ...(grep('class ').calls ?? []), ['grep', { pattern: 'class ', context: 0 }]],
    }
    const { run, told } = await play([DEF, mixed, ANSWER])
    expect(run.turns.map(({ calls }) => calls.length)).toEqual([1, 1])
    expect(told).toContain('Not run again: its result stands above, in turn 1, call 1. Read a file that it named')
    expect(told).toContain('Not run twice: it is the same as call 1 of this turn.')
  })

  it('knows a call again in other words', async () => {
    const same = grep('def ', { mode: 'content', context: 0, globs: [], word: false })
    const { run, requests } = await play([DEF, same, ANSWER])
    expect(run.turns).toHaveLength(1)
    expect(requests).toHaveLength(3)
  })

  it('knows a list of paths again with other context lines', async () => {
    const listed = (context: number): Said => grep('def ', { mode: 'paths', context })
    const { run, told } = await play([listed(8), listed(2), ANSWER])
    expect(run.turns).toHaveLength(1)
    expect(told).toContain('All of these calls were made before')
    const shown = await play([grep('def ', { context: 1 }), grep('def ', { context: 2 }), ANSWER])
    expect(shown.run.turns).toHaveLength(2)
  })

  it('is asked for its answer at once where nothing else could search', async () => {
    const { requests, run, told } = await play([DEF, DEF, ANSWER])
    expect(requests.at(-1)?.toolChoice).toEqual({ name: 'answer' })
    expect(told).toContain('All of these calls were made before, so nothing was run. Seen so far: shop/')
    expect(run).toMatchObject({ stoppedBy: 'answer', turns: { length: 1 } })
  })

  it('hands over at once where another policy can', async () => {
    const { run, requests } = await play([DEF], { options: { fallback: createEmbeddedPolicy() } })
    expect(requests).toHaveLength(2)
    expect(run.failure?.message).toContain('only repeated calls of earlier turns')
  })

  it('may make a call again whose result was folded', async () => {
    const context = { foldAfterTurns: 1 }
    const { run } = await play([DEF, grep('class '), DEF, ANSWER], { options: { context } })
    expect(run.turns).toHaveLength(3)
  })
})

it('ends the part of a model whose turns show nothing new', async () => {
  const said = [grep('nowhere_one'), grep('nowhere_two'), grep('nowhere_three')]
  const { run, requests } = await play(said, { options: { fallback: createEmbeddedPolicy() } })
  expect(requests).toHaveLength(2)
  expect(run.failure?.message).toContain('last 2 turns showed nothing new')
  const alone = await play(said)
  expect(alone.requests[2]?.toolChoice).toEqual({ name: 'answer' })
})

it('asks no third time for a reply that was cut off twice', async () => {
  const cut: readonly Said[] = ['a', 'b', 'c'].map((text) => ({ text, finish: 'length' as const }))
  const { requests } = await play(cut, { options: { fallback: createEmbeddedPolicy() } })
  expect(requests).toHaveLength(2)
})

/** Files whose place is found by several turns of search, and one that is longer than a model is shown. */
const LONG = {
  ...SHOP,
  'shop/ledger.py': `${'# filler line of the ledger\n'.repeat(900)}\n\nclass Ledger:\n    def settle_accounts(self, when):\n        return self.round_down(when)\n`,
}
const LONG_ISSUE =
  'settle_accounts of the Ledger rounds the wrong way\n\nCalling settle_accounts twice gives another sum.'

type Located = Awaited<ReturnType<typeof locate>>
const placesOf = ({ files }: Located): unknown =>
  files.map(({ path, functions }) => [path, functions.map(({ name, startLine }) => [name, startLine])])

describe('the fallback', () => {
  const bad: readonly (readonly [string, readonly (Said | Error)[]])[] = [
    ['says nothing', [{ text: '' }]],
    ['repeats itself', [grep('filler')]],
    ['searches for nothing', [grep('qqq1'), grep('qqq2')]],
    ['reads what does not matter for all its turns', ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((letter) => grep(letter))],
    ['invents paths', [{ calls: [['answer', { files: [{ path: 'src/none.py' }] }]] }]],
    ['is cut off', [{ text: 'I', finish: 'length' }]],
  ]

  const embedded = createEmbeddedPolicy()
  let repository: string
  let alone: Awaited<ReturnType<typeof locate>>
  beforeAll(async () => {
    repository = writeFiles(lastingFolder(), LONG)
    alone = await locate({ repository, issue: LONG_ISSUE, policy: embedded })
  })

  it.each(bad)('answers what no model at all would have: a model that %s', async (_, said) => {
    const policy = createLlmPolicy({ model: memoryModel(said), fallback: embedded })
    const backed = await locate({ repository, issue: LONG_ISSUE, policy, limits: MODEL_LIMITS })
    expect(placesOf(backed)).toEqual(placesOf(alone))
    expect(placesOf(alone)).toEqual([['shop/ledger.py', [['Ledger.settle_accounts', 904]]]])
    expect(backed.confidence).toBe(alone.confidence)
    expect(backed.stoppedBy).toBe('policy-failed')
    // Its evidence names the turns in which it was seen.
    const [evidence] = backed.files[0]?.evidence ?? []
    expect(evidence?.turn).toBeGreaterThan(backed.stats.turns - alone.stats.turns)
  })
})

const answered = (...paths: readonly string[]): Said => ({
  calls: [['answer', { files: paths.map((path) => ({ path })) }]],
})

describe('a model that searches properly and answers wrongly', () => {
  const embedded = createEmbeddedPolicy()
  const WRONG = [DEF, readWhole('shop/catalog.py'), answered('shop/catalog.py')]

  async function ask(said: readonly Said[], options: Partial<LlmOptions> = {}) {
    const repository = writeFiles(temporaryFolder(), LONG)
    const model = memoryModel(said)
    const policy = createLlmPolicy({ model, fallback: embedded, ...options })
    const alone = await locate({ repository, issue: LONG_ISSUE, policy: embedded })
    const run = await locate({ repository, issue: LONG_ISSUE, policy, limits: MODEL_LIMITS })
    return { alone, run, asked: model.requests.length }
  }

  it.each<readonly [string, readonly Said[], Partial<LlmOptions>]>([
    ['another file', WRONG, {}],
    ['another file, after a search of the embedded policy', WRONG, { seedWith: embedded }],
    ['another file, after a search of another run of that policy', WRONG, { seedWith: createEmbeddedPolicy() }],
    ['the right file and three others', [DEF, answered('shop/cart.py', 'shop/ledger.py', 'shop/catalog.py')], {}],
  ])('leaves the answer as it is without a model: %s', async (_, said, options) => {
    const { alone, run, asked } = await ask(said, options)
    expect(placesOf(run)).toEqual(placesOf(alone))
    expect(placesOf(alone)).toEqual([['shop/ledger.py', [['Ledger.settle_accounts', 904]]]])
    expect(run).toMatchObject({ confidence: alone.confidence, stoppedBy: 'answer' })
    expect(asked).toBe(said.length)
  })

  it('is told to the user, with what would change it', async () => {
    const { run } = await ask(WRONG)
    expect(run.notices.join('\n')).toMatch(
      /The model answered shop\/catalog\.py\. This is the answer of the policy embedded instead: its confidence, [01]\.\d\d, is at least --trust, 0\.00\./,
    )
  })

  it('is believed where the search without a model is less sure than the model is trusted', async () => {
    const { alone } = await ask(WRONG)
    const believed = await ask(WRONG, { trust: Math.min(1, alone.confidence + 0.01) })
    expect(believed.run.files.map(({ path }) => path)).toEqual(['shop/catalog.py'])
    const doubted = await ask(WRONG, { trust: alone.confidence - 0.01 })
    expect(placesOf(doubted.run)).toEqual(placesOf(alone))
  })

  it('is taken at its word where it is trusted wholly, without another search', async () => {
    const { run } = await ask(WRONG, { trust: 1 })
    expect(run.files.map(({ path }) => path)).toEqual(['shop/catalog.py'])
    expect(run.stats).toMatchObject({ turns: 3, calls: 2 })
    const seeded = await ask(WRONG, { trust: 1, seedWith: embedded })
    expect(seeded.run.files.map(({ path }) => path)).toEqual(['shop/catalog.py'])
  })

  it('is weighed against what the run has seen where no turn is left for a search', async () => {
    const { run } = await play([DEF, answered('shop/catalog.py')], {
      options: { fallback: embedded },
      budget: { maxTurns: 2 },
    })
    expect(run.answer.files[0]?.path).toBe('shop/cart.py')
  })
})

it.each([-0.1, 1.1, Number.NaN])('refuses a trust of %s', (trust) => {
  expect(() => createLlmPolicy({ model: memoryModel([]), trust })).toThrow('give a share from 0 to 1')
})

describe('a model that goes on from a search without one', () => {
  const seedWith = createEmbeddedPolicy()

  it('is told the best places with their lines, and has all of its turns', async () => {
    const { run, requests, paths } = await play([DEF, ANSWER], { options: { seedWith }, budget: { maxTurns: 3 } })
    const first = requests[0]?.messages[1]?.content ?? ''
    expect(requests[0]?.messages).toHaveLength(2)
    expect(first).toMatch(/# Found without a model\n\nA search looked for `[^]*`\. Its best places/)
    expect(first).toMatch(/1\. shop\/cart\.py Cart\.apply_discount, lines \d+-\d+\n\d+:\s+def apply_discount/)
    expect(first).toContain('[Turn 1 of 3: up to 8 calls')
    expect(first).not.toContain('**/')
    const seeded = run.turns.filter(({ notes }) => notes?.join().includes('those of the policy embedded') === true)
    expect(seeded.length).toBeGreaterThan(0)
    expect(run.turns).toHaveLength(seeded.length + 1)
    expect(paths).toEqual(['shop/cart.py'])
    // The model names the file that the search is sure of.
    expect(run.answer.confidence).toBeGreaterThanOrEqual(0.5)
    expect(run.answer.files[0]?.evidence[0]?.turn).toBeLessThanOrEqual(run.turns.length)
  })

  it('may read what that search has seen: it is new to the model', async () => {
    const said = [readWhole('shop/cart.py'), readWhole('shop/catalog.py'), grep('def '), ANSWER]
    const { run } = await play(said, { options: { seedWith, fallback: seedWith } })
    expect(run).toMatchObject({ stoppedBy: 'answer', failure: null })
  })

  it('leaves the answer of that search where it fails, and takes no further turn', async () => {
    const failed = await play([{ text: '' }], { options: { seedWith, fallback: seedWith } })
    const alone = await playPolicy(seedWith, { root: writeFiles(temporaryFolder(), SHOP), issue: SHOP_ISSUE })
    expect(failed.paths).toEqual(alone.answer.files.map(({ path }) => path))
    expect(failed.run.turns).toHaveLength(alone.turns.length)
    expect(failed.run).toMatchObject({ stoppedBy: 'policy-failed', answer: { confidence: alone.answer.confidence } })
    const without = await play([{ text: '' }], { options: { seedWith } })
    expect(without.paths).toEqual(failed.paths)
  })
})

const miss = async (said: Said): Promise<string> => (await play([said, ANSWER])).told

describe('a call that finds nothing', () => {
  it('is told that its globs leave the file out', async () => {
    expect(await miss(grep('apply_discount', { globs: ['docs/**'] }))).toMatch(
      /apply_discount \(shop\/cart\.py:\d+\) exists, but the globs leave that file out/,
    )
  })

  it('is told that the name stands there in another form', async () => {
    expect(await miss(grep('function apply_discount'))).toMatch(
      /apply_discount \(shop\/cart\.py:\d+\) exists, but not as the pattern has it: search for `apply_discount` alone/,
    )
  })

  it.each(['shop/cart.py', String.raw`cart\.py`])('is told that its pattern %s is a path', async (pattern) => {
    expect(await miss(grep(pattern))).toContain('The pattern is a path, and grep searches the text of files')
  })

  it('is told what the path of a traceback is here', async () => {
    const path = '/usr/lib/python3/site-packages/shop/cart.py'
    expect(await miss({ calls: [['read_file', { path }]] })).toContain('In this repository that file is shop/cart.py')
  })

  it('is searched as text where its pattern is no regular expression', async () => {
    const { told, run } = await play([grep('def apply_discount('), ANSWER])
    expect(told).toMatch(
      /The pattern isn't a valid regular expression \(unclosed group\), so it was searched as plain text/,
    )
    expect(told).toMatch(/shop\/cart\.py\n\d+:.*def apply_discount\(/)
    expect(run.turns[0]?.observations?.[0]).toMatchObject({ ok: true, totals: { files: 1 } })
  })
})

it('reads counts as counts: no number stands behind a path and a colon', async () => {
  const { told } = await play([grep('def ', { mode: 'counts' }), ANSWER])
  expect(told).toMatch(/^\d+ shop\/cart\.py$/m)
  expect(told).not.toMatch(/\.py:\d+$/m)
})

const read = (first: number): Said => ({
  calls: [0, 100, 200].map((more) => {
    const startLine = first + more
    return ['read_file', { path: 'shop/big.py', startLine, endLine: startLine + 90 }] as const
  }),
})

const isGone = (): Promise<number> => Promise.reject(new FuseSearchError('No file.', { code: 'model-missing' }))

describe('a model with a short context', () => {
  const big = {
    ...SHOP,
    'shop/big.py': Array.from({ length: 3_000 }, (_, line) => `value_${line} = ${line}`).join('\n'),
  }
  it('is shown no more than fits: results are cut, and the oldest are folded before the chat is too long', async () => {
    const model = memoryModel([read(1), read(400), read(800), read(1_200), ANSWER])
    const root = writeFiles(temporaryFolder(), big)
    const policy = createLlmPolicy({ model: { ...model, contextLength: () => Promise.resolve(4_096) } })
    const run = await playPolicy(policy, { root, issue: SHOP_ISSUE })
    expect(run.turns).toHaveLength(4)
    for (const { messages, tools, maxTokens = 0 } of model.requests) {
      const bytes = Buffer.byteLength(JSON.stringify({ messages, tools }))
      expect(bytes / 3.5 + maxTokens).toBeLessThan(4_096 * 1.15)
    }
    const last = model.requests.at(-1)?.messages.map(({ content }) => content) ?? []
    expect(last.filter((content) => content.includes(': folded, '))).not.toHaveLength(0)
    expect(last.join('\n')).toContain('value_1200 = 1200')
    expect(last.join('\n')).not.toContain('value_5 = 5')
  })

  it('is asked for its context once, and a failure of that is the failure of the model', async () => {
    let asked = 0
    const contextLength = (): Promise<number> => Promise.resolve(++asked * 100_000)
    const model = memoryModel([DEF, ANSWER])
    const root = writeFiles(temporaryFolder(), SHOP)
    await playPolicy(createLlmPolicy({ model: { ...model, contextLength } }), { root, issue: SHOP_ISSUE })
    expect(asked).toBe(1)
    const fallback = createEmbeddedPolicy()
    const policy = createLlmPolicy({ model: { ...model, contextLength: isGone }, fallback })
    const run = await playPolicy(policy, { root, issue: SHOP_ISSUE })
    expect(run).toMatchObject({ failure: { code: 'model-missing' }, answer: { files: [{ path: 'shop/cart.py' }] } })
  })
})
