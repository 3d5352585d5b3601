import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { commitAll, git, temporaryFolder, tinyRepository, writeFiles } from '../../../../../test/support/folder.ts'
import { PROGRAM_LIMITS } from '../limits.ts'
import { type Observation } from '../tool.ts'
import { MAX_HISTORY_COMMITS } from './history.ts'
import { createWorkspacePool } from './pool.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

const history = { kind: 'checked-out', environment: process.env } as const

async function ask(workspace: Workspace, query: string): Promise<Observation | undefined> {
  try {
    const options = { limits: PROGRAM_LIMITS, bytesLeft: 1_000_000, signal: new AbortController().signal }
    const { observations } = await workspace.runTurn([{ tool: 'history', arguments: { query } }], options)
    return observations[0]
  } finally {
    await workspace.close()
  }
}

test('names files as the opened folder has them', async () => {
  const root = tinyRepository({ 'src/a.py': 'a\n', 'b.py': 'b\n' })
  writeFiles(root, { 'src/a.py': 'aa\n', 'b.py': 'bb\n' })
  commitAll(root, 'rounding')
  const found = await ask(await openWorkspace({ root: join(root, 'src'), history }), 'rounding')
  expect(found).toMatchObject({ ok: true, commits: [{ paths: ['a.py'], changed: 2 }], notices: [] })
})

test('fails by itself outside a repository, and without git', async () => {
  const root = temporaryFolder()
  const message = expect.stringMatching(/^There is no history: No commit is checked out/)
  expect(await ask(await openWorkspace({ root, history }), 'x')).toMatchObject({ code: 'unavailable', message })
  const [repository, nowhere] = [tinyRepository(), { ...history, environment: { PATH: root } }]
  expect(await ask(await openWorkspace({ root: repository, history: nowhere }), 'x')).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('git was not found'),
  })
  expect(await ask(await openWorkspace({ root }), 'x')).toMatchObject({ code: 'unavailable' })
})

test('a pool notices a checkout, and never shows a commit after the one checked out', async () => {
  const root = tinyRepository({ 'a.py': 'a\n' })
  writeFiles(root, { 'a.py': 'b\n' })
  commitAll(root, 'the fix of rounding')
  const pool = createWorkspacePool()
  onTestFinished(() => pool.close())
  const totals: unknown[] = []
  for (const revision of ['main', 'HEAD~1', 'main']) {
    git(root, 'checkout', '--quiet', revision)
    const found = await ask(await pool.open({ root, history }), 'rounding')
    totals.push(found?.ok === true && found.tool === 'history' ? found.total : found)
  }
  expect(totals).toEqual([1, 0, 1])
})

test('searches the newest commits up to the limit, and says so', async () => {
  const root = tinyRepository({ 'a.py': 'a\n' })
  const commits = Array.from({ length: MAX_HISTORY_COMMITS }, (_, index) => {
    const message = `number ${'abcdefghij'[index % 10]}`
    return `commit refs/heads/main\ncommitter A <a@b> ${2_000_000_000 + index} +0000\ndata ${message.length}\n${message}\n`
  })
  const from = `from ${git(root, 'rev-parse', 'HEAD').trim()}\n`
  const input = [`${commits[0]}${from}`, ...commits.slice(1)].join('\n')
  execFileSync('git', ['-C', root, 'fast-import', '--quiet', '--force'], { input })
  const found = await ask(await openWorkspace({ root, history }), 'first number')
  expect(found).toMatchObject({
    ok: true,
    total: MAX_HISTORY_COMMITS,
    notices: [{ limit: 'history', message: expect.stringContaining('Only the newest 5000 commits') }],
  })
})
