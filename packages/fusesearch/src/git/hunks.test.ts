import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commitAll, git, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { readCommits } from './history.ts'
import { changedLines } from './hunks.ts'
import { repositoryAt } from './repository.ts'

async function linesOf(folder: string): Promise<unknown[]> {
  const repository = await repositoryAt({ path: folder, environment: process.env })
  const commit = git(folder, 'rev-parse', 'HEAD').trim()
  const { commits } = await readCommits({ repository, commit, without: [], limit: 9 })
  const changes = await changedLines(repository, commits)
  return commits.map(({ id }) => changes.get(id))
}

const BODY = 'def total(prices):\n    first = 0\n    second = 0\n    return first\n'

describe('changedLines', () => {
  it('returns the lines that each commit wrote, where, and below which function', async () => {
    const folder = tinyRepository({ 'a.py': BODY, 'sub/b.py': 'b\n' })
    writeFiles(folder, { 'a.py': BODY.replace('second = 0', 'second = 1\n+++ b/forged\n@@ -1 +1 @@'), 'ä.py': 'new\n' })
    rmSync(join(folder, 'sub/b.py'))
    commitAll(folder, 'second')
    expect(await linesOf(folder)).toEqual([
      [
        {
          path: 'a.py',
          hunks: [
            { startLine: 3, heading: 'def total(prices):', added: ['    second = 1', '+++ b/forged', '@@ -1 +1 @@'] },
          ],
        },
        { path: Buffer.from('ä.py').toString('latin1'), hunks: [{ startLine: 1, heading: '', added: ['new'] }] },
      ],
      undefined,
    ])
  })

  it("returns what a merge brought in, and ignores the repository's settings", async () => {
    const folder = tinyRepository({ 'a.py': 'a\n', 'b.py': 'b\n' })
    git(folder, 'switch', '--quiet', '--create', 'other')
    writeFiles(folder, { 'b.py': 'bb\n' })
    commitAll(folder, 'branch')
    git(folder, 'switch', '--quiet', 'main')
    writeFiles(folder, { 'a.py': 'aa\n' })
    commitAll(folder, 'main')
    git(folder, 'merge', '--quiet', '--no-edit', 'other')
    for (const [key, value] of [
      ['diff.noprefix', 'true'],
      ['color.ui', 'always'],
      ['diff.external', 'false'],
    ] as const)
      git(folder, 'config', key, value)
    const [merge] = await linesOf(folder)
    expect(merge).toEqual([{ path: 'b.py', hunks: [{ startLine: 1, heading: '', added: ['bb'] }] }])
  })

  it('stops before missing contents and before a bulk change', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    writeFiles(folder, { 'a.py': 'lost\n' })
    commitAll(folder, 'lost')
    const lost = git(folder, 'rev-parse', 'HEAD:a.py').trim()
    writeFiles(folder, { 'a.py': 'lost\n', 'big.txt': 'long line\n'.repeat(300_000) })
    commitAll(folder, 'big')
    expect(await linesOf(folder)).toEqual([undefined, undefined, undefined])
    git(folder, 'reset', '--quiet', '--hard', 'HEAD~1')
    writeFiles(folder, { 'c.py': 'c\n' })
    commitAll(folder, 'third')
    const store = join(folder, '.git/objects', lost.slice(0, 2))
    rmSync(join(store, lost.slice(2)))
    const [third, second] = await linesOf(folder)
    expect([third, second]).toEqual([
      [{ path: 'c.py', hunks: [{ startLine: 1, heading: '', added: ['c'] }] }],
      undefined,
    ])
  })
})
