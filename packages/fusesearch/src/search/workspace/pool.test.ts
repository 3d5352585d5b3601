import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PROGRAM_LIMITS } from '../limits.ts'
import { type Call } from '../tool.ts'
import { createWorkspacePool } from './pool.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

/** Each edit is made to its own tree, whose list is kept. */
const EDITS: Readonly<Record<string, (root: string) => void>> = {
  'nothing at all': () => undefined,
  'a new file': (root) => writeFileSync(join(root, 'src/new.py'), 'needle = 3\n'),
  'a file gone': (root) => rmSync(join(root, 'src/b.py')),
  'a file renamed': (root) => renameSync(join(root, 'src/b.py'), join(root, 'src/c.py')),
  'a file in an empty folder': (root) => writeFileSync(join(root, 'empty/new.py'), 'needle\n'),
  'a file in a folder that is ignored and then is not': (root) => {
    writeFileSync(join(root, 'out/x.py'), 'needle\n')
    writeFileSync(join(root, '.gitignore'), '')
  },
  'an ignore file edited in place': (root) => writeFileSync(join(root, '.gitignore'), 'src/b.py\n'),
  'an ignore file added below': (root) => writeFileSync(join(root, 'src/.ignore'), 'b.py\n'),
  'contents of equal length': (root) => writeFileSync(join(root, 'src/b.py'), 'nettle = 2\n'),
  'a file replaced by a link': (root) => {
    rmSync(join(root, 'src/b.py'))
    symlinkSync(join(root, 'src/a.py'), join(root, 'src/b.py'))
  },
  'a file grown beyond the limit': (root) => truncateSync(join(root, 'src/b.py'), 11_000_000),
  'a folder moved away': (root) => renameSync(join(root, 'src/deep'), join(root, 'deep')),
  'the folder itself replaced': (root) => {
    renameSync(root, `${root}-old`)
    mkdirSync(root)
    writeFileSync(join(root, 'only.py'), 'needle\n')
  },
  'permissions changed': (root) => chmodSync(join(root, 'src/deep'), 0o700),
}

const CALLS: readonly Call[] = [
  { tool: 'glob', arguments: { patterns: ['**'] } },
  { tool: 'grep', arguments: { pattern: 'needle', mode: 'counts' } },
  { tool: 'grep', arguments: { pattern: 'needle', context: 1 } },
  { tool: 'read_file', arguments: { path: 'src/b.py' } },
  { tool: 'read_file', arguments: { path: 'nowhere/a.py' } },
]

/** A tree is kept only when it hasn't changed for two seconds, by stamps that may be some milliseconds off. */
const SETTLED_MS = 2_500

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-pool-')))
const pool = createWorkspacePool()
const roots = Object.keys(EDITS).map((_, index) => join(folder, `tree${index}`))

beforeAll(async () => {
  for (const root of roots) plant(root)
  await delay(SETTLED_MS)
  for (const root of roots) await (await pool.open({ root })).close()
  await pool.settle()
})

afterAll(async () => {
  await pool.close()
  rmSync(folder, { recursive: true })
})

test('keeps what does not change, and tells how much that is', () => {
  expect(pool.kept()).toEqual({ trees: roots.length, entries: roots.length * (5 + 6) })
})

test.each(Object.entries(EDITS))('%s: the next answer is that of a workspace just opened', async (name, edit) => {
  const root = join(folder, `tree${Object.keys(EDITS).indexOf(name)}`)
  edit(root)
  const [warm, fresh] = [await pool.open({ root }), await openWorkspace({ root })]
  expect(await ask(warm)).toEqual(await ask(fresh))
  await Promise.all([warm.close(), fresh.close()])
})

test('edits while it asks: no answer misses what was there before the question', async () => {
  const root = join(folder, 'busy')
  plant(root)
  for (let round = 0; round < 30; round++) {
    writeFileSync(join(root, `src/file${round}.py`), `needle${round}\n`)
    appendFileSync(join(root, 'src/a.py'), `needle = ${round}\n`)
    if (round > 0) rmSync(join(root, `src/file${round - 1}.py`))
    const workspace = await pool.open({ root })
    const [all, grep] = await ask(workspace)
    expect(all).toMatchObject({ ok: true, paths: expect.arrayContaining([`src/file${round}.py`]), total: 5 + 1 })
    expect(grep).toMatchObject({ counts: expect.arrayContaining([{ path: 'src/a.py', count: round + 2 }]) })
    await workspace.close()
  }
})

test('32 requests at once get what each gets alone, and no shell outlives the pool', async () => {
  const root = join(folder, 'asked')
  plant(root)
  const busy = createWorkspacePool()
  const fresh = await openWorkspace({ root })
  const wanted = await ask(fresh)
  const answers = await Promise.all(
    Array.from({ length: 32 }, async () => {
      const workspace = await busy.open({ root })
      const answer = await ask(workspace)
      await workspace.close()
      return answer
    }),
  )
  for (const answer of answers) expect(answer).toEqual(wanted)
  const before = shells().length
  await busy.close()
  // Three belong to the pool that all tests share.
  expect([before, shells().length]).toEqual([6, 3])
  await fresh.close()
})

test('keeps no more than it may, and forgets what was used longest ago', async () => {
  const small = createWorkspacePool({ maxTrees: 2 })
  const others = ['x', 'y', 'z'].map((name) => join(folder, name))
  for (const root of others) plant(root)
  await delay(SETTLED_MS)
  for (const root of others) {
    await (await small.open({ root })).close()
    await small.settle()
  }
  expect(small.kept()).toEqual({ trees: 2, entries: 22 })
  await small.close()
  expect(small.kept()).toEqual({ trees: 0, entries: 0 })
})

function plant(root: string): void {
  for (const path of ['src/deep', 'empty', 'out']) mkdirSync(join(root, path), { recursive: true })
  writeFileSync(join(root, '.gitignore'), 'out/\n')
  writeFileSync(join(root, 'src/a.py'), 'needle = 1\n')
  writeFileSync(join(root, 'src/b.py'), 'needle = 2\n')
  writeFileSync(join(root, 'src/deep/d.py'), 'def f():\n    needle\n')
  writeFileSync(join(root, 'README.md'), 'A tree.\n')
}

function shells(): readonly string[] {
  const rows = execFileSync('ps', ['-A', '-o', 'ppid=,comm=']).toString().split('\n')
  return rows.filter((row) => row.trim().split(/\s+/).join(' ') === `${process.pid} sh`)
}

async function ask(workspace: Workspace): Promise<readonly unknown[]> {
  const signal = new AbortController().signal
  const { observations } = await workspace.runTurn(CALLS, { limits: PROGRAM_LIMITS, bytesLeft: 1_000_000, signal })
  return observations
}
