import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commitAll, git, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { firstParent, repositoryAt, resolveCommit } from './repository.ts'
import { isFetched, readRepositoryMap, resolveRepository } from './resolve.ts'
import { openSnapshot } from './snapshot.ts'

const environment = process.env
const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()
const failsWith = (code: string) => expect.objectContaining({ name: 'FuseSearchError', code })

it('a full hash is asked for once, and a name each time', async () => {
  const source = tinyRepository()
  const repository = await repositoryAt({ path: source, environment })
  const hash = head(source)
  expect(await resolveCommit(repository, hash)).toBe(hash)
  expect(await resolveCommit(repository, 'main')).toBe(hash)
  renameSync(join(source, '.git'), join(source, 'away'))
  expect(await resolveCommit(repository, hash)).toBe(hash)
  for (const unknown of ['main', 'f'.repeat(40)]) {
    await expect(resolveCommit(repository, unknown)).rejects.toThrowError(
      expect.objectContaining({ name: 'FuseSearchError' }),
    )
  }
})

describe('resolveRepository', () => {
  it('finds work trees, bare and mapped repositories by template', async () => {
    const place = temporaryFolder()
    const source = tinyRepository()
    git(place, 'clone', '--quiet', '--bare', source, join(place, 'fork+shop', 'repo'))
    git(place, 'clone', '--quiet', source, join(place, 'some+shop', 'repo'))
    const template = join(place, '{owner}+{name}', 'repo')
    const mapFile = join(place, 'map.json')
    writeFileSync(mapFile, '{"Old/Shop": "fork/shop"}')
    const map = await readRepositoryMap(mapFile)
    const request = { template, map, cacheDir: place, environment }
    const mapped = await resolveRepository({ ...request, repo: 'old/shop' })
    expect(mapped).toMatchObject({ name: 'old/shop', gitDir: join(place, 'fork+shop', 'repo') })
    const workTree = await resolveRepository({ ...request, repo: 'some/shop' })
    expect(await resolveCommit(workTree, 'main')).toBe(head(source))
    await expect(resolveRepository({ ...request, repo: 'no/shop' })).rejects.toThrowError(
      failsWith('repository-missing'),
    )
  })

  it.each(['shop', '../x/y', 'a/..', 'a/-b', '-a/b', 'a/b/c'])('refuses the name %j', async (repo) => {
    const request = { repo, template: '/nowhere/{owner}/{name}', cacheDir: '/nowhere', environment }
    await expect(resolveRepository(request)).rejects.toThrowError(failsWith('bad-argument'))
  })

  it('refuses a folder inside another work tree', async () => {
    const outer = tinyRepository()
    const place = { path: join(outer, 'shop'), environment }
    await expect(repositoryAt(place)).rejects.toThrowError(failsWith('repository-missing'))
    expect((await repositoryAt({ ...place, anywhereInside: true })).gitDir).toBe(join(outer, '.git'))
  })

  it('clones a URL once without contents, then fetches what a snapshot and a hidden commit need', async () => {
    const source = tinyRepository()
    git(source, 'config', 'uploadpack.allowFilter', 'true')
    git(source, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
    const cacheDir = temporaryFolder()
    const request = { repo: 'some/shop', template: `file://${source}`, cacheDir, environment }
    const repository = await resolveRepository(request)
    const snapshot = await openSnapshot({ repository, commit: head(source), cacheDir })
    expect(existsSync(join(snapshot.root, 'shop', 'cart.py'))).toBe(true)
    writeFiles(source, { 'later.py': 'later = 1\n' })
    commitAll(source, 'later')
    const later = head(source)
    git(source, 'reset', '--quiet', '--hard', 'HEAD~1')
    const again = await resolveRepository(request)
    const hidden = await openSnapshot({ repository: again, commit: later, cacheDir })
    expect(existsSync(join(hidden.root, 'later.py'))).toBe(true)
    const unknown = openSnapshot({ repository, commit: '0'.repeat(40), cacheDir })
    await expect(unknown).rejects.toThrowError(failsWith('unknown-commit'))
  })

  it('clones once for concurrent requests, and after a process that died while cloning', async () => {
    const source = tinyRepository()
    const folder = temporaryFolder()
    const log = join(folder, 'log')
    const cacheDir = join(folder, 'cache')
    const real = execFileSync('sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim()
    // The real git, which logs its arguments.
    writeFileSync(join(folder, 'git'), `#!/bin/sh\necho "$*" >> '${log}'\nexec '${real}' "$@"\n`, { mode: 0o755 })
    const counting = { ...environment, PATH: `${folder}:${environment['PATH'] ?? ''}` }
    const request = { repo: 'some/shop', template: `file://${source}`, cacheDir, environment: counting }
    writeFiles(join(cacheDir, 'clones'), { 'some+shop.git.cloning': '' })
    const long = new Date(Date.now() - 60_000)
    utimesSync(join(cacheDir, 'clones', 'some+shop.git.cloning'), long, long)
    expect(isFetched(request)).toBe(false)
    const found = await Promise.all(Array.from({ length: 16 }, () => resolveRepository(request)))
    expect(new Set(found.map(({ gitDir }) => gitDir)).size).toBe(1)
    const asked = readFileSync(log, 'utf8').split('\n')
    expect(asked.filter((line) => / clone /.test(` ${line} `))).toHaveLength(1)
    expect(isFetched(request)).toBe(true)
    expect(readdirSync(join(cacheDir, 'clones'))).toEqual(['some+shop.git'])
  })

  it("says what to do if a URL can't be cloned, and keeps no partial clone", async () => {
    const cacheDir = temporaryFolder()
    const request = { repo: 'no/where', template: `file://${cacheDir}/{owner}/{name}`, cacheDir, environment }
    await expect(resolveRepository(request)).rejects.toThrowError(/can't be cloned.*map file/s)
    expect(existsSync(join(cacheDir, 'clones', 'no+where.git'))).toBe(false)
  })

  it('refuses a transport that runs a program', async () => {
    const cacheDir = temporaryFolder()
    const proof = join(cacheDir, 'proof')
    const request = { repo: 'no/where', template: `ext::sh -c touch% ${proof}`, cacheDir, environment }
    await expect(resolveRepository(request)).rejects.toThrow()
    expect(existsSync(proof)).toBe(false)
  })
})

describe('commits', () => {
  it('names what is unknown, and never reads a revision as an option', async () => {
    const repository = await repositoryAt({ path: tinyRepository(), environment })
    for (const revision of ['nope', '--all', '', 'HEAD\nmain', '0'.repeat(40)]) {
      await expect(resolveCommit(repository, revision)).rejects.toThrowError(failsWith('unknown-commit'))
    }
    await expect(firstParent(repository, 'HEAD')).rejects.toThrowError(/no parent/)
  })

  it('reports a missing git', async () => {
    const place = { path: tinyRepository(), environment: { PATH: '/nowhere' } }
    await expect(repositoryAt(place)).rejects.toThrowError(failsWith('git-missing'))
  })
})
