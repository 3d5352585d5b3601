import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { git, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { discover } from './discover.ts'
import { headAt } from './history.ts'
import { elsewhereNotice, repositoryAt, resolveCommit } from './repository.ts'

const environment = process.env
const open = (path: string) => repositoryAt({ path, environment, anywhereInside: true })
const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()

describe('a repository in one folder', () => {
  it('is found from its top, from inside, and as a bare one, without a notice', async () => {
    const folder = tinyRepository()
    const bare = join(temporaryFolder(), 'bare.git')
    git(folder, 'clone', '--quiet', '--bare', folder, bare)
    const gitDir = join(folder, '.git')
    for (const path of [folder, join(folder, 'shop')]) {
      expect(await discover(path, true)).toEqual({ gitDir, top: folder, elsewhere: [], trees: [folder] })
    }
    expect(await discover(bare, false)).toEqual({ gitDir: bare, top: bare, elsewhere: [], trees: [bare] })
    expect(elsewhereNotice(await open(folder))).toBeUndefined()
    expect(await discover(join(folder, 'shop'), false)).toBeUndefined()
  })

  it('is searched above an empty .git, like git does', async () => {
    const folder = tinyRepository()
    mkdirSync(join(folder, 'shop', '.git'))
    expect((await discover(join(folder, 'shop'), true))?.top).toBe(folder)
  })
})

describe('a repository with parts elsewhere', () => {
  it('works in a linked work tree and a submodule, with one notice that names the place', async () => {
    const [folder, trees] = [tinyRepository(), temporaryFolder()]
    const linked = join(trees, 'linked')
    git(folder, 'worktree', 'add', '--quiet', '-b', 'other', linked)
    git(folder, '-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', tinyRepository(), 'sub')
    for (const [place, elsewhere] of [
      [linked, join(folder, '.git')],
      [join(folder, 'sub'), join(folder, '.git', 'modules', 'sub')],
    ] as const) {
      const repository = await open(place)
      expect(await resolveCommit(repository, 'HEAD')).toBe(head(place))
      expect(repository.elsewhere).toEqual([elsewhere])
      expect(elsewhereNotice(repository)).toBe(
        `The .git of ${place} leads outside it, so its commits are read from ${elsewhere}.`,
      )
      expect(await headAt({ path: join(place, 'shop'), environment })).toMatchObject({
        commit: head(place),
        prefix: 'shop/',
      })
    }
    // No program of the main work tree is run for the linked one.
    expect((await open(linked)).trees).toEqual([linked, folder])
  })

  it('works with alternates of alternates and with links inside .git, with a notice', async () => {
    const [first, place] = [tinyRepository(), temporaryFolder()]
    const [second, third] = [join(place, 'second'), join(place, 'third')]
    git(first, 'clone', '--quiet', '--shared', first, second)
    git(first, 'clone', '--quiet', '--shared', second, third)
    const repository = await open(third)
    expect(await resolveCommit(repository, 'main')).toBe(head(first))
    expect([...repository.elsewhere].sort()).toEqual(
      [first, second].map((folder) => join(folder, '.git', 'objects')).sort(),
    )
    const objects = join(place, 'objects')
    renameSync(join(first, '.git', 'objects'), objects)
    symlinkSync(objects, join(first, '.git', 'objects'))
    const moved = await open(first)
    expect(await resolveCommit(moved, 'main')).toBe(head(first))
    expect(moved.elsewhere).toEqual([objects])
  })
})

describe("a .git that isn't a git directory", () => {
  it('is refused if it is a link, with the next step', async () => {
    const [folder, other] = [writeFiles(temporaryFolder(), { 'a.py': '' }), tinyRepository()]
    symlinkSync(join(other, '.git'), join(folder, '.git'))
    for (const path of [folder, join(folder, '.')]) {
      await expect(open(path)).rejects.toMatchObject({
        code: 'repository-unreadable',
        message: expect.stringMatching(/\.git is a link to .*\. Search the repository that it leads to, or put a file/),
      })
      await expect(headAt({ path, environment })).rejects.toMatchObject({ code: 'repository-unreadable' })
    }
  })

  it.each([
    ['gitdir: /nowhere\n', 'repository-missing', /leads to \/nowhere/],
    ['gitdir:\n', 'repository-missing', /doesn't name a git directory/],
    ['hello', 'repository-missing', /doesn't name a git directory/],
    ['', 'repository-missing', /doesn't name a git directory/],
    [`gitdir: ${'x'.repeat(100_000)}`, 'repository-missing', /x…, which isn't a git directory/],
  ])('is refused as a file that holds %.20j', async (contents, code, message) => {
    const folder = writeFiles(temporaryFolder(), { '.git': contents })
    await expect(open(folder)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  it('is refused at once if git would wait for a pipe', async () => {
    const elsewhere = tinyRepository()
    for (const name of ['', 'HEAD', 'config', 'packed-refs', 'commondir', 'objects/info/alternates', 'shallow']) {
      const folder = tinyRepository({ 'a.py': '' })
      const place = join(folder, '.git', name)
      rmSync(place, { recursive: true, force: true })
      execFileSync('mkfifo', [place])
      const refused = {
        code: 'repository-unreadable',
        message: expect.stringContaining(`${place} isn't a regular file`),
      }
      await expect(open(folder), name).rejects.toMatchObject(refused)
      await expect(headAt({ path: folder, environment }), name).rejects.toMatchObject(refused)
    }
    // Also in a repository that another one borrows from.
    const borrowing = join(temporaryFolder(), 'borrowing')
    git(elsewhere, 'clone', '--quiet', '--shared', elsewhere, borrowing)
    execFileSync('mkfifo', [join(elsewhere, '.git', 'objects', 'info', 'alternates')])
    await expect(open(borrowing)).rejects.toMatchObject({ code: 'repository-unreadable' })
  })

  it('is refused if a device replaces a file', async () => {
    const folder = tinyRepository()
    rmSync(join(folder, '.git', 'HEAD'))
    symlinkSync('/dev/zero', join(folder, '.git', 'HEAD'))
    await expect(open(folder)).rejects.toMatchObject({ code: 'repository-unreadable' })
  })

  it("is refused with git's message about a broken one", async () => {
    const folder = tinyRepository()
    writeFileSync(join(folder, '.git', 'config'), '[core]\n\trepositoryformatversion = 99\n')
    await expect(open(folder)).rejects.toMatchObject({
      code: 'repository-missing',
      message: expect.stringContaining('Expected git repo version'),
    })
  })
})
