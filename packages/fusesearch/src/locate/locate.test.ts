import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { SHOP, temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { until } from '../../../../test/support/patience.ts'
import { type Answer, createScriptedPolicy, EMPTY_ANSWER, type Policy, type ScriptedStep } from '../agent/index.ts'
import { OutlineCache } from '../code/index.ts'
import { createEmbeddedPolicy } from '../policies/index.ts'
import { openWorkspace, PAPER_TOOLS, type Tree } from '../search/index.ts'
import { type LocateOptions, locate } from './index.ts'

const SEARCH: ScriptedStep = {
  kind: 'calls',
  calls: [
    { tool: 'grep', arguments: { pattern: 'apply_discount' } },
    { tool: 'read_file', arguments: { path: 'shop/cart.py' } },
    { tool: 'glob', arguments: { patterns: ['**/*.py'] } },
  ],
}

function policyThatAnswers(answer: Partial<Answer>): Policy {
  return createScriptedPolicy({
    steps: [SEARCH, { kind: 'answer', answer: { ...EMPTY_ANSWER, confidence: 0.5, ...answer } }],
  })
}

function locateInShop(answer: Partial<Answer>, options: Partial<LocateOptions> = {}): ReturnType<typeof locate> {
  const repository = writeFiles(temporaryFolder(), SHOP)
  return locate({
    issue: 'The discount is wrong',
    repository,
    policy: policyThatAnswers(answer),
    tools: PAPER_TOOLS,
    ...options,
  })
}

it('lists the files while the policy still reads the issue', async () => {
  let tree: Tree | undefined
  const policy: Policy = {
    name: 'slow reader',
    start: () => ({
      // No call has been made; it would never hold if the listing waited for one.
      async next() {
        await until(() => tree?.hasMoreThan(0))
        return { kind: 'answer', answer: EMPTY_ANSWER }
      },
      answerNow: () => EMPTY_ANSWER,
    }),
  }
  const open: typeof openWorkspace = async (options) => {
    const workspace = await openWorkspace(options)
    tree = workspace.tree
    return workspace
  }
  const repository = writeFiles(temporaryFolder(), SHOP)
  // Of folders that changed in the last milliseconds before a listing, no file is sure.
  await delay(100)
  const { stats } = await locateInShop({}, { repository, policy, openWorkspace: open })
  expect(stats.calls).toBe(0)
})

function fileOf(path: string, functions: Answer['files'][number]['functions'] = []): Answer['files'][number] {
  return { path, score: 1, functions, evidence: [] }
}

const DISCOUNT = { name: 'Cart.apply_discount', startLine: 10, endLine: 14, score: 0.9 }

/** Tells which texts were asked for and which were parsed. */
class WatchedOutlines extends OutlineCache {
  readonly asked: string[] = []
  readonly parsed: string[] = []

  override recall(...[text, language, parse]: Parameters<OutlineCache['recall']>): ReturnType<OutlineCache['recall']> {
    this.asked.push(text)
    return super.recall(text, language, () => {
      this.parsed.push(text)
      return parse()
    })
  }
}

describe('locate', () => {
  it('parses no file twice, for the policy and for the check of its answer', async () => {
    const outlines = new WatchedOutlines(1_000_000)
    const { files } = await locateInShop(
      {},
      {
        issue: 'apply_discount of Cart is wrong',
        policy: createEmbeddedPolicy(),
        openWorkspace: (options) => openWorkspace({ ...options, outlines }),
      },
    )
    expect(files[0]?.path).toBe('shop/cart.py')
    expect(outlines.parsed).toHaveLength(new Set(outlines.parsed).size)
    expect(outlines.asked.filter((text) => text === SHOP['shop/cart.py'])).toHaveLength(2)
  })

  it('returns a correct answer unchanged', async () => {
    const files = [fileOf('shop/cart.py', [DISCOUNT])]
    const candidates = {
      files: [{ path: 'shop/cart.py', score: 1 }],
      functions: [{ ...DISCOUNT, path: 'shop/cart.py' }],
    }
    const result = await locateInShop({ files, candidates })
    expect(result).toMatchObject({
      version: 1,
      policy: 'scripted',
      candidates,
      confidence: 0.5,
      stoppedBy: 'answer',
      notices: [],
    })
    expect(result.files[0]).toMatchObject({ path: 'shop/cart.py', functions: [DISCOUNT] })
    expect(result.stats).toMatchObject({ turns: 2, calls: 3, breadth: [3] })
  })

  it('corrects wrong lines of a right name, and says so', async () => {
    const wrong = [{ ...DISCOUNT, startLine: 1, endLine: 900 }]
    const result = await locateInShop({
      files: [fileOf('shop/cart.py', wrong)],
      candidates: { files: [], functions: [{ ...DISCOUNT, startLine: 0, endLine: 2, path: 'shop/cart.py' }] },
    })
    expect(result.files[0]?.functions).toEqual([DISCOUNT])
    expect(result.candidates.functions).toEqual([{ ...DISCOUNT, path: 'shop/cart.py' }])
    expect(result.notices).toEqual([expect.stringMatching(/^Cart\.apply_discount in shop\/cart\.py: lines corrected/)])
  })

  it('knows the blocks of files without functions, and prefers a function to a field with its name', async () => {
    const repository = writeFiles(temporaryFolder(), {
      'a.yml': 'jobs:\n  build:\n    steps: []\n  publish:\n    steps: []\n',
      'a.ts': 'class A {\n  total = 1\n}\nclass B {\n  total() {}\n}\n',
    })
    const entry = (name: string): typeof DISCOUNT => ({ ...DISCOUNT, name, startLine: 1, endLine: 1 })
    const policy = policyThatAnswers({
      files: [fileOf('a.yml', [entry('jobs.publish'), entry('jobs.none')]), fileOf('a.ts', [entry('total')])],
    })
    const { files } = await locate({ issue: 'The release', repository, policy })
    expect(files.map(({ functions }) => functions)).toEqual([
      [{ ...DISCOUNT, name: 'jobs.publish', startLine: 4, endLine: 5 }],
      [{ ...DISCOUNT, name: 'B.total', startLine: 5, endLine: 5 }],
    ])
  })

  it('completes a name without its class if only one definition ends with it', async () => {
    const short = [{ ...DISCOUNT, name: 'apply_discount', startLine: 1, endLine: 1 }]
    const result = await locateInShop({ files: [fileOf('shop/cart.py', short)] })
    expect(result.files[0]?.functions).toEqual([DISCOUNT])
    expect(result.notices).toEqual([
      'Cart.apply_discount in shop/cart.py: completed, because the policy gave only the end of the name.',
    ])
  })

  it("leaves out what the repository doesn't have: files, functions, paths outside", async () => {
    const repository = writeFiles(temporaryFolder(), SHOP)
    const outside = writeFiles(temporaryFolder(), { 'cart.py': 'def pay(): pass\n' })
    symlinkSync(outside, join(repository, 'away'))
    const paths = ['shop/nowhere.py', '../cart.py', join(outside, 'cart.py'), 'away/cart.py', 'shop', '']
    const invented = [{ name: 'Cart.invented', startLine: 10, endLine: 14, score: 1 }]
    const result = await locateInShop(
      {
        files: [...paths.map((path) => fileOf(path)), fileOf('shop/cart.py', invented), fileOf('README.md', invented)],
        candidates: { files: paths.map((path) => ({ path, score: 1 })), functions: [] },
      },
      { repository },
    )
    expect(result.files.map(({ path, functions }) => ({ path, functions }))).toEqual([
      { path: 'shop/cart.py', functions: [] },
      { path: 'README.md', functions: [] },
    ])
    expect(result.candidates.files).toEqual([])
    expect(result.notices).toEqual([
      expect.stringMatching(/^shop\/nowhere\.py, \.\.\/cart\.py, .* and \d more: left out of the answer/),
    ])
  })

  it('has no confidence in an answer without anything valid', async () => {
    expect((await locateInShop({ files: [fileOf('shop/nowhere.py')] })).confidence).toBe(0)
  })

  it('completes evidence from its call and drops what no call showed', async () => {
    const evidence = [
      { turn: 1, call: 0, startLine: 10, endLine: 12, reason: 'defines it' },
      { turn: 1, call: 0, startLine: 16, endLine: 17, reason: 'never matched' },
      { turn: 1, call: 2, startLine: 1, endLine: 1, reason: 'its path' },
      { turn: 7, call: 0, startLine: 1, endLine: 1, reason: 'no such turn' },
    ]
    const result = await locateInShop({ files: [{ ...fileOf('shop/cart.py'), evidence }] })
    expect(result.files[0]?.evidence).toEqual([
      { ...evidence[0], tool: 'grep', asked: 'apply_discount', text: 'def apply_discount(self, percent):' },
      { ...evidence[2], tool: 'glob', asked: '**/*.py', text: '' },
    ])
  })

  it('uses the first call that showed a file if the policy gave no evidence', async () => {
    const result = await locateInShop({ files: [fileOf('shop/cart.py')] })
    expect(result.files[0]?.evidence).toMatchObject([{ turn: 1, call: 0, tool: 'grep', startLine: 10 }])
  })

  it('returns paths of the repository if only a folder is searched', async () => {
    const repository = writeFiles(temporaryFolder(), SHOP)
    const steps: ScriptedStep[] = [
      { kind: 'calls', calls: [{ tool: 'glob', arguments: { patterns: ['*.py'] } }] },
      {
        kind: 'answer',
        answer: {
          ...EMPTY_ANSWER,
          files: [fileOf('cart.py')],
          candidates: { files: [{ path: 'cart.py', score: 1 }], functions: [] },
        },
      },
    ]
    const result = await locate({ issue: 'A word', repository, path: 'shop/', policy: createScriptedPolicy({ steps }) })
    expect([result.files[0]?.path, result.candidates.files[0]?.path]).toEqual(['shop/cart.py', 'shop/cart.py'])
  })

  it('reports a cut issue, calls beyond the breadth, and limits of calls', async () => {
    const limits = {
      maxLinesPerCall: 3,
      maxBytesPerCall: 10_000,
      maxBytesPerRun: 10_000,
      maxLineLength: 500,
      maxFileBytes: 1_000_000,
      callTimeoutMs: 10_000,
    }
    const issue = `word ${'x'.repeat(100_000)}`
    const { notices } = await locateInShop(
      { files: [fileOf('shop/cart.py')] },
      { issue, limits, budget: { maxBreadth: 2 } },
    )
    expect(notices).toEqual([
      expect.stringMatching(/the first and the last 40,000/),
      expect.stringMatching(/^1 call was beyond the breadth/),
      expect.stringMatching(/^1 call of the search found more than one call may show/),
    ])
  })

  it('rejects with the reason of an abort', async () => {
    const controller = new AbortController()
    const waits: ScriptedStep = () => {
      controller.abort(new Error('enough'))
      return { kind: 'calls', calls: [] }
    }
    const repository = writeFiles(temporaryFolder(), SHOP)
    const policy = createScriptedPolicy({ steps: [waits] })
    await expect(locate({ issue: 'A word', repository, policy, signal: controller.signal })).rejects.toThrow('enough')
  })
})
