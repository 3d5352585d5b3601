import { execFileSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commitAll, git, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { headAt, parentsMayChange, readCommits } from './history.ts'
import { pathChanges } from './path-changes.ts'
import { type Repository, repositoryAt } from './repository.ts'

const environment = process.env
const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()
const subjects = async (repository: Repository, commit: string, limit = 10): Promise<string[]> => {
  const { commits } = await readCommits({ repository, commit, without: [], limit })
  return commits.map(({ message }) => message.split('\n')[0] ?? '')
}

/** Commits one change to a file. */
function change(folder: string, path: string, message: string): string {
  writeFiles(folder, { [path]: `${message}\n` })
  commitAll(folder, message)
  return head(folder)
}

/** Runs git commands in a repository and returns its folder. */
function act(folder: string, ...commands: readonly (readonly string[])[]): string {
  for (const command of commands) git(folder, ...command)
  return folder
}

const modified = (path: string) => ({ status: 'M', path })

describe('readCommits', () => {
  it('reads only ancestors of the commit in the same object store', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    const base = change(folder, 'a.py', 'second')
    git(folder, 'switch', '--quiet', '--create', 'other', 'HEAD~1')
    change(folder, 'b.py', 'secret of a branch')
    git(folder, 'switch', '--quiet', 'main')
    const later = change(folder, 'a.py', 'the fix')
    const repository = await repositoryAt({ path: folder, environment })
    expect(await subjects(repository, base)).toEqual(['second', 'first'])
    expect(await subjects(repository, later)).toEqual(['the fix', 'second', 'first'])
    const cut = await readCommits({ repository, commit: later, without: [], limit: 2 })
    expect([cut.commits.length, cut.edges.map(({ message }) => message)]).toEqual([2, ['first\n']])
    expect(await parentsMayChange(repository)).toEqual({ isShallow: false, hasGrafts: false })
    const added = await readCommits({ repository, commit: later, without: [base], limit: 9 })
    expect([added.commits.map(({ id }) => id), added.edges.map(({ id }) => id)]).toEqual([[later], [base]])
    expect(cut.commits[0]).toMatchObject({ id: later, parents: [base], message: 'the fix\n' })
  })

  it('keeps each message separate, whatever it contains', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    const forged = `x\n\n${'0'.repeat(40)}\0${'0'.repeat(40)}\n0\nforged`
    const raw = `tree ${git(folder, 'rev-parse', 'HEAD^{tree}').trim()}\nparent ${head(folder)}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n`
    const write = ['-C', folder, 'hash-object', '-t', 'commit', '-w', '--stdin', '--literally']
    const commit = execFileSync('git', write, { input: raw + forged, encoding: 'utf8' }).trim()
    const { commits } = await readCommits({
      repository: await repositoryAt({ path: folder, environment }),
      commit,
      without: [],
      limit: 9,
    })
    expect(commits.map(({ id }) => id)).toEqual([commit, head(folder)])
    expect(commits[0]?.message).not.toContain('forged')
  })

  it('runs nothing that the repository names', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    const base = change(folder, 'a.py', 'second')
    const proof = join(temporaryFolder(), 'proof')
    writeFileSync(join(folder, '.gitattributes'), '* diff=evil\n')
    const settings = ['gpg.program', 'diff.external', 'diff.evil.textconv', 'diff.evil.command', 'core.pager']
    for (const key of settings) git(folder, 'config', key, `touch ${proof}; false`)
    git(folder, 'config', 'log.showSignature', 'true')
    git(folder, 'config', 'format.pretty', 'forged')
    const repository = await repositoryAt({ path: folder, environment })
    const { commits } = await readCommits({ repository, commit: base, without: [], limit: 9 })
    const changes = await pathChanges(repository, commits)
    expect([changes.get(base), commits.length, existsSync(proof)]).toEqual([[modified('a.py')], 2, false])
  })

  it('reports that a clone is shallow, and treats its last commit as a root', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    change(folder, 'a.py', 'second')
    const base = change(folder, 'b.py', 'third')
    const clone = join(temporaryFolder(), 'clone')
    git(folder, 'clone', '--quiet', '--depth=2', `file://${folder}`, clone)
    const repository = await repositoryAt({ path: clone, environment })
    const { commits, edges } = await readCommits({ repository, commit: base, without: [], limit: 9 })
    expect([commits.length, edges, commits[1]?.parents]).toEqual([2, [], []])
    expect(await parentsMayChange(repository)).toEqual({ isShallow: true, hasGrafts: false })
    const changes = await pathChanges(repository, commits)
    expect([changes.get(base), changes.get(commits[1]?.id ?? '')]).toEqual([[{ status: 'A', path: 'b.py' }], []])
  })

  it('fails with a clear message if commits are missing', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    const first = head(folder)
    const base = change(folder, 'a.py', 'second')
    rmSync(join(folder, '.git/objects', first.slice(0, 2), first.slice(2)))
    const repository = await repositoryAt({ path: folder, environment })
    await expect(readCommits({ repository, commit: base, without: [], limit: 9 })).rejects.toMatchObject({
      code: 'git-failed',
    })
  })
})

describe('headAt', () => {
  it("finds the checked-out commit and the folder's path", async () => {
    const folder = tinyRepository({ 'sub/ä/b.py': 'b\n' })
    const found = await headAt({ path: join(folder, 'sub/ä'), environment })
    expect([found.commit, Buffer.from(found.prefix, 'latin1').toString()]).toEqual([head(folder), 'sub/ä/'])
    expect((await headAt({ path: folder, environment })).prefix).toBe('')
  })

  it.each<readonly [string, (folder: string) => string]>([
    ['on a branch with a slash', (folder) => act(folder, ['checkout', '-qb', 'fix/ä-1'])],
    ['on a branch of plain letters', (folder) => act(folder, ['checkout', '-qb', 'fix/rounding'])],
    ['on no branch', (folder) => act(folder, ['checkout', '-q', '--detach'])],
    ['on a packed branch', (folder) => act(folder, ['pack-refs', '--all'])],
    [
      'in a linked work tree',
      (folder) => {
        const tree = join(temporaryFolder(), 'tree')
        git(folder, 'worktree', 'add', '-q', '-b', 'other', tree)
        return tree
      },
    ],
    [
      'by a symbolic ref to another one',
      (folder) =>
        act(
          folder,
          ['symbolic-ref', 'refs/heads/alias', git(folder, 'symbolic-ref', 'HEAD').trim()],
          ['symbolic-ref', 'HEAD', 'refs/heads/alias'],
        ),
    ],
  ])('finds the commit %s', async (_, prepare) => {
    const folder = prepare(tinyRepository())
    expect((await headAt({ path: folder, environment })).commit).toBe(head(folder))
  })

  it('reads a branch nowhere but below the branches, and opens no pipe', async () => {
    const folder = tinyRepository()
    const commit = head(folder)
    writeFiles(folder, { 'refs/heads/away': commit, '.git/HEAD': 'ref: refs/heads/../../../refs/heads/away\n' })
    await expect(headAt({ path: folder, environment })).rejects.toMatchObject({ code: 'repository-missing' })
    writeFiles(folder, { '.git/HEAD': 'ref: refs/heads/pipe\n' })
    execFileSync('mkfifo', [join(folder, '.git/refs/heads/pipe')])
    await expect(headAt({ path: folder, environment })).rejects.toMatchObject({ code: 'repository-unreadable' })
  })

  it('refuses a folder without a commit', async () => {
    const [outside, empty] = [temporaryFolder(), temporaryFolder()]
    git(empty, 'init', '--quiet')
    for (const path of [outside, empty]) {
      await expect(headAt({ path, environment })).rejects.toMatchObject({ code: 'repository-missing' })
    }
  })
})
