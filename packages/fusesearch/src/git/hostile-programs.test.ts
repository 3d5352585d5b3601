import { chmodSync, existsSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { git, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { streamCommits } from './commit-log.ts'
import { diffBetween } from './diff.ts'
import { gitVersion } from './git.ts'
import { headAt, readCommits } from './history.ts'
import { ObjectReader } from './objects.ts'
import { pathChanges } from './path-changes.ts'
import { firstParent, repositoryAt, resolveCommit } from './repository.ts'
import { resolveRepository } from './resolve.ts'
import { openSnapshot } from './snapshot.ts'

const PATH = process.env['PATH'] ?? ''

/** Replaces git with a shell script. */
function fakeGit(folder: string, script: string): string {
  writeFiles(folder, { git: `#!/bin/sh\n${script}\n` })
  chmodSync(join(folder, 'git'), 0o755)
  return folder
}

/** A repository with its own git, which only leaves a mark when it is run. */
function hostileRepository(): { folder: string; mark: string } {
  const folder = tinyRepository()
  const mark = join(temporaryFolder(), 'mark')
  for (const place of ['.', 'bin', 'node_modules/.bin', '.git', '.git/objects']) {
    fakeGit(join(folder, place), `echo run >> ${mark}`)
  }
  return { folder, mark }
}

/** The commit that is checked out and those before it. */
async function readHead(folder: string, environment: NodeJS.ProcessEnv): Promise<unknown> {
  const { repository, commit } = await headAt({ path: folder, environment })
  return readCommits({ repository, commit, without: [], limit: 9 })
}

describe('a git inside the repository', () => {
  it('is never run, wherever PATH points', async () => {
    const { folder, mark } = hostileRepository()
    const links = temporaryFolder()
    symlinkSync(join(folder, 'bin'), join(links, 'bin'))
    symlinkSync(join(folder, 'git'), join(links, 'git'))
    const hostile = ['', '.', './bin', 'bin', 'node_modules/.bin', folder, join(folder, 'node_modules/.bin')]
    const searchPath = [...hostile, join(folder, '.git'), join(links, 'bin'), links, PATH, ''].join(delimiter)
    const environment = { ...process.env, PATH: searchPath }
    const repository = await repositoryAt({ path: folder, environment })
    const commit = await resolveCommit(repository, 'HEAD')
    expect(commit).toBe(git(folder, 'rev-parse', 'HEAD').trim())
    expect(await headAt({ path: folder, environment })).toMatchObject({ commit })
    expect((await readCommits({ repository, commit, without: [], limit: 9 })).commits).toHaveLength(1)
    for await (const { id } of streamCommits({ repository, until: commit })) expect(id).toBe(commit)
    expect((await pathChanges(repository, [{ id: commit, parents: [] }])).size).toBe(1)
    expect(await diffBetween(repository, { from: commit, to: commit })).toBe('')
    await expect(firstParent(repository, commit)).rejects.toThrow('no parent')
    using reader = new ObjectReader(repository)
    expect(await reader.read(`${commit}:README.md`)).toMatchObject({ type: 'blob' })
    const snapshot = await openSnapshot({ repository, commit, cacheDir: temporaryFolder() })
    expect(snapshot.files).toBe(5)
    const named = { repo: 'some/shop', template: folder, cacheDir: temporaryFolder(), environment }
    expect(await resolveRepository(named)).toMatchObject({ name: 'some/shop' })
    expect((await gitVersion(environment, folder)).path).not.toContain(folder)
    expect(existsSync(mark)).toBe(false)
  })

  it("doesn't count if there is no other", async () => {
    const { folder, mark } = hostileRepository()
    const environment = { PATH: ['', 'bin', folder, join(folder, 'bin')].join(delimiter) }
    const missing = { code: 'git-missing', message: expect.stringContaining('absolute folders') }
    await expect(repositoryAt({ path: folder, environment })).rejects.toMatchObject(missing)
    await expect(readHead(folder, environment)).rejects.toMatchObject(missing)
    await expect(gitVersion(environment, folder)).rejects.toMatchObject(missing)
    expect(existsSync(mark)).toBe(false)
  })

  it('is found neither by git itself nor by the loader: both get filtered lists', async () => {
    const { folder } = hostileRepository()
    const [tools, libraries, told] = [1, 2, 3].map(temporaryFolder) as [string, string, string]
    fakeGit(tools, `echo "$PATH|$LD_LIBRARY_PATH|$GIT_EXEC_PATH|$LD_PRELOAD" > ${told}/env; echo git version 9.9`)
    const environment = {
      PATH: ['', 'bin', join(folder, 'bin'), tools, '/usr/bin', '/bin'].join(delimiter),
      LD_LIBRARY_PATH: `:lib:${folder}:${libraries}:`,
      GIT_EXEC_PATH: folder,
      LD_PRELOAD: '',
    }
    expect(await gitVersion(environment, folder)).toEqual({ path: join(tools, 'git'), version: 'git version 9.9' })
    const [path = '', library, ...others] = readFileSync(join(told, 'env'), 'utf8').trim().split('|')
    expect(path.split(delimiter)[0]).toBe(tools)
    expect(path).not.toContain(folder)
    expect(path.split(delimiter).every((entry) => entry.startsWith('/'))).toBe(true)
    expect([library, ...others]).toEqual([libraries, '', ''])
  })
})

describe('a git that prints nothing and ends with 0', () => {
  it.each(['exit 0', 'echo yes'])('is rejected (%s)', async (script) => {
    const folder = tinyRepository()
    const silent = { ...process.env, PATH: fakeGit(temporaryFolder(), script) }
    const wrong = { code: 'git-failed', message: expect.stringMatching(/behave like git/) }
    await expect(repositoryAt({ path: folder, environment: silent })).rejects.toMatchObject(wrong)
    await expect(readHead(folder, silent)).rejects.toMatchObject(wrong)
    git(folder, 'pack-refs', '--all')
    await expect(headAt({ path: folder, environment: silent })).rejects.toMatchObject(wrong)
    await expect(gitVersion(silent, folder)).rejects.toMatchObject(wrong)
    const opened = await repositoryAt({ path: folder, environment: process.env })
    await expect(resolveCommit({ ...opened, environment: silent }, 'HEAD')).rejects.toMatchObject(wrong)
    const cacheDir = temporaryFolder()
    const clone = { repo: 'some/shop', template: `file://${folder}`, cacheDir, environment: silent }
    await expect(resolveRepository(clone)).rejects.toMatchObject(wrong)
    expect(existsSync(join(cacheDir, 'clones', 'some+shop.git'))).toBe(false)
  })
})
