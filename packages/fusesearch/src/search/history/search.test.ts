import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { FuseSearchError } from '../../core/index.ts'
import { MODEL_LIMITS, PROGRAM_LIMITS } from '../limits.ts'
import { renderObservation } from '../render.ts'
import { type HistoryArguments, type Observation, type ToolLimits } from '../tool.ts'
import { openTree, type Tree } from '../tree.ts'
import { runTurn } from '../turn.ts'
import { type CommitHistory, type PastCommits } from './commit-history.ts'
import { CommitIndex, type PastCommit } from './commit-index.ts'

let root = ''
let tree: Tree

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fusesearch-history-'))
  for (const path of ['shop/cart.py', 'shop/mail.py', 'docs/a.md', 'ä.py']) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), 'x\n')
  }
  tree = await openTree({ root, ignoreRules: 'none' })
})

afterAll(() => rmSync(root, { recursive: true }))

type Commit = readonly [message: string, ...paths: string[]]

/** Commits newest first; the number of each is its hash. */
function historyOf(commits: readonly Commit[], lacks: readonly number[] = []): CommitHistory {
  const past = commits.map(([message], index): PastCommit => ({ id: idOf(index), committedS: index * 86_400, message }))
  return {
    listCommits: async () => listOf(past),
    readLines: async () => new Map(),
    readPaths: async (ids) => {
      const known = commits.map(([, ...paths], index) => [idOf(index), { paths, total: paths.length }] as const)
      return new Map(known.filter(([id], index) => ids.includes(id) && !lacks.includes(index)))
    },
  }
}

/** Commits as one line of ancestors, newest first. */
function listOf(past: readonly PastCommit[]): PastCommits {
  const line = past.map((commit, at) => ({ ...commit, parents: past.slice(at + 1, at + 2).map(({ id }) => id) }))
  const index = new CommitIndex().with(line, [])
  return { index, walk: index.walk(past[0]?.id ?? '', 100) ?? { order: new Uint32Array(), isCut: false }, leftOut: [] }
}

const idOf = (index: number): string => `${index}a`.padEnd(40, '0')

async function ask(
  history: CommitHistory | undefined,
  asked: HistoryArguments,
  how: { readonly limits?: ToolLimits; readonly bytesLeft?: number } = {},
): Promise<Observation> {
  const { limits = PROGRAM_LIMITS, bytesLeft = 1_000_000 } = how
  const options = { limits, bytesLeft, signal: new AbortController().signal, history }
  const { observations } = await runTurn(tree, [{ tool: 'history', arguments: asked }], options)
  const [observation] = observations
  if (observation === undefined) throw new Error('no observation')
  expect(observation.bytes).toBe(Buffer.byteLength(renderObservation(observation)))
  return observation
}

const COMMITS: readonly Commit[] = [
  ['Fixed #123 -- Rounding of discounts in the cart', 'shop/cart.py', 'shop/gone.py'],
  ['Mail receipts again\n\nReverts 0123abc.', 'shop/mail.py'],
  ['Merge pull request #9 from a/b\n\nRound the totals of a cart', 'shop/cart.py', 'shop/mail.py', 'docs/a.md'],
  ['Initial import', 'shop/cart.py', 'shop/mail.py', 'docs/a.md'],
]

describe('history', () => {
  test('ranks commits by their messages and files by their commits', async () => {
    const found = await ask(historyOf(COMMITS), { query: 'cart rounding discount' })
    expect(found).toMatchObject({
      total: 2,
      commits: [
        { id: '0a0000000000', date: '1970-01-01', paths: ['shop/cart.py'], changed: 2 },
        { id: '2a0000000000', subject: 'Merge pull request #9 from a/b: Round the totals of a cart', changed: 3 },
      ],
    })
    if (!found.ok || found.tool !== 'history') throw new Error('no history')
    expect(found.paths.map(({ path }) => path)).toEqual(['shop/cart.py', 'docs/a.md', 'shop/mail.py'])
    const [first, second] = found.commits.map(({ score }) => score)
    const [one, two] = [(first ?? 0) ** 2 / Math.sqrt(2), (second ?? 0) ** 2 / Math.sqrt(3)]
    expect(found.paths[0]?.score).toBe(1)
    expect(found.paths[1]?.score).toBeCloseTo(two / (one + two), 3)
  })

  test('takes a file that moved for the one of its name, once', async () => {
    const found = await ask(historyOf([['Rounding', 'old/shop/cart.py', 'shop/cart.py', 'old/cart.py']]), {
      query: 'rounding',
    })
    expect(found).toMatchObject({
      commits: [{ paths: ['shop/cart.py'], changed: 3 }],
      paths: [{ path: 'shop/cart.py' }],
    })
  })

  test('names the lines that the best commits wrote, as they stand in the file now', async () => {
    const commits = historyOf([['Rounding of carts', 'shop/cart.py']])
    const hunks = [{ startLine: 1, heading: '', added: ['    total = round(total)'] }]
    const readLines = async () => new Map([[idOf(0), [{ path: 'shop/cart.py', hunks }]]])
    writeFileSync(
      join(root, 'shop/cart.py'),
      'def total(self):\n    total = sum(self.prices)\n    total = round(total)\n',
    )
    onTestFinished(() => writeFileSync(join(root, 'shop/cart.py'), 'x\n'))
    const found = await ask({ ...commits, readLines }, { query: 'rounding' })
    const lines = [{ startLine: 3, endLine: 3, commit: '0a0000000000', score: 1 }]
    expect(found).toMatchObject({ paths: [{ path: 'shop/cart.py', score: 1, lines }] })
    expect(renderObservation(found)).toContain('1.000 shop/cart.py\n  lines 3 by 0a0000000000\n')
  })

  test('renders files, then commits', async () => {
    const found = await ask(historyOf(COMMITS), { query: 'discounts', headLimit: 1 })
    const score = found.ok && found.tool === 'history' ? found.commits[0]?.score.toFixed(1) : ''
    expect(renderObservation(found)).toBe(
      [
        'Files of the best 1 of 1 commits that hold a word of the query, then the commits',
        '1.000 shop/cart.py',
        '',
        `0a0000000000 1970-01-01 ${score} Fixed #123 -- Rounding of discounts in the cart`,
        '  shop/cart.py',
        '  (and 1 more path, or files that are gone)',
        '',
      ].join('\n'),
    )
  })

  test.each([
    ['https://example.org/a/b/issues/123', '0a0000000000'],
    ['#123', '0a0000000000'],
    ['GH-9', '2a0000000000'],
    ['since 0123abcdef0123abcdef', '1a0000000000'],
    ['3a00000', '3a0000000000'],
  ])('finds the commit that %s names', async (query, id) => {
    expect(await ask(historyOf(COMMITS), { query })).toMatchObject({ total: 1, commits: [{ id }] })
  })

  test('says that nothing matches', async () => {
    const found = await ask(historyOf(COMMITS), { query: 'volcano (.* [' })
    expect(found).toMatchObject({ ok: true, total: 0, commits: [], paths: [] })
    expect(renderObservation(found)).toBe('No commit matches.\n')
  })

  test('names paths as glob does, and cuts what could break a row', async () => {
    const bytes = Buffer.from('ä.py').toString('latin1')
    const found = await ask(historyOf([[`word\u0007 \u2028${'y'.repeat(300)}\nmore`, bytes]]), { query: 'word' })
    expect(found).toMatchObject({ commits: [{ paths: ['ä.py'], subject: `word ${'y'.repeat(195)}…` }] })
  })

  test('shows a day whatever the clock of a commit says', async () => {
    const days = await Promise.all(
      [Number.NaN, -5, 1e18].map(async (committedS) => {
        const commits = [{ id: idOf(0), committedS, message: 'word' }]
        const listCommits = async (): Promise<PastCommits> => listOf(commits)
        const found = await ask({ ...historyOf([]), listCommits }, { query: 'word' })
        return found.ok && found.tool === 'history' ? found.commits[0]?.date : undefined
      }),
    )
    expect(days).toEqual(['1970-01-01', '1970-01-01', '9999-12-31'])
  })

  test('counts the files of a wide commit beyond the first twenty', async () => {
    const paths = Array.from({ length: 30 }, (_, index) => `gone${index}.py`)
    const found = await ask(historyOf([['wide', ...paths, 'shop/cart.py']]), { query: 'wide' })
    expect(found).toMatchObject({ commits: [{ paths: ['shop/cart.py'], changed: 31 }] })
  })

  test('ranks more files than a function can have arguments', async () => {
    const paths = Array.from({ length: 130_000 }, (_, index) => `wide/${index}.py`)
    const wide: Tree = { ...tree, chooseFiles: async (choose) => choose(paths) }
    const options = { limits: PROGRAM_LIMITS, bytesLeft: 1_000_000, signal: new AbortController().signal }
    const history = historyOf([['wide', ...paths]])
    const call = { tool: 'history', arguments: { query: 'wide' } } as const
    const { observations } = await runTurn(wide, [call], { ...options, history })
    expect(observations).toMatchObject([{ ok: true, commits: [{ changed: 130_000 }] }])
  })

  test('announces each limit: bytes of a call, of a run, and what a clone lacks', async () => {
    const many = historyOf(COMMITS.map(([message, ...paths]) => [`cart ${message}`, ...paths] as const))
    const small = { ...MODEL_LIMITS, maxBytesPerCall: 1_200 }
    expect(await ask(many, { query: 'cart' }, { limits: small })).toMatchObject({
      notices: [{ limit: 'callBytes', message: expect.stringContaining('commits left out (1200 bytes a call)') }],
    })
    expect(await ask(many, { query: 'cart' }, { bytesLeft: 10 })).toMatchObject({ ok: false, code: 'over-budget' })
    expect(await ask(historyOf(COMMITS, [0]), { query: 'discount' })).toMatchObject({
      commits: [{ paths: [], changed: null }],
      notices: [{ limit: 'history', message: expect.stringContaining('lacks the trees of 1 of 1 commits') }],
    })
  })

  test('fails by itself where there is no history', async () => {
    expect(await ask(undefined, { query: 'x' })).toMatchObject({ ok: false, code: 'unavailable' })
    const message = 'There is no git.'
    const broken: CommitHistory = {
      listCommits: () => Promise.reject(new FuseSearchError(message, { code: 'git-missing' })),
      readPaths: async () => new Map(),
      readLines: async () => new Map(),
    }
    expect(await ask(broken, { query: 'x' })).toMatchObject({
      ok: false,
      code: 'unavailable',
      message: expect.stringContaining(message),
    })
  })

  test('stops waiting at the time limit', async () => {
    const endless: CommitHistory = { ...historyOf([]), listCommits: () => new Promise(() => undefined) }
    const limits = { ...PROGRAM_LIMITS, callTimeoutMs: 30 }
    expect(await ask(endless, { query: 'x' }, { limits })).toMatchObject({ ok: false, code: 'timed-out' })
  })
})
