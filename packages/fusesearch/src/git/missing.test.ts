import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commitAll, git, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { diffBetween } from './diff.ts'
import { allowedMissing } from './missing.ts'
import { ObjectReader } from './objects.ts'
import { filesAtCommit } from './reader.ts'
import { repositoryAt } from './repository.ts'
import { resolveRepository } from './resolve.ts'
import { openSnapshot } from './snapshot.ts'

const environment = process.env
const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()
const numbered = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`data/${100 + index}.csv`, `${index}\n`]))

/** Removes the objects that revisions name from the store of loose ones; the result puts them back. */
function lose(folder: string, revisions: readonly string[]): () => void {
  const kept = temporaryFolder()
  const moves = revisions.map((revision) => {
    const oid = git(folder, 'rev-parse', revision).trim()
    return [join(folder, '.git/objects', oid.slice(0, 2), oid.slice(2)), join(kept, oid)] as const
  })
  for (const [from, to] of moves) renameSync(from, to)
  return () => {
    for (const [from, to] of moves) renameSync(to, from)
  }
}

/** A repository with one large file, and a bare clone of it that a server filtered by size. */
function filteredClone(): { source: string; partial: string } {
  const source = tinyRepository({ 'a.py': 'a\n', 'b.py': 'b\n', 'large.csv': '1,2\n'.repeat(1000) })
  git(source, 'config', 'uploadpack.allowFilter', 'true')
  git(source, 'config', 'uploadpack.allowAnySHA1InWant', 'true')
  const partial = join(temporaryFolder(), 'partial')
  git(source, 'clone', '--quiet', '--bare', '--filter=blob:limit=1k', `file://${source}`, partial)
  return { source, partial }
}

const missingIn = (folder: string): string =>
  git(folder, 'rev-list', '--objects', '--missing=print', '--no-object-names', 'HEAD^{tree}')

const refusal = (fact: string): unknown =>
  expect.objectContaining({
    code: 'snapshot-failed',
    message: expect.stringMatching(new RegExp(`${fact}[^]*git --git-dir=.* fetch --refetch --no-filter`)),
  })

describe('openSnapshot of a repository that lacks contents', () => {
  it('leaves a few files out, counts them, and reports them again from the cache', async () => {
    const source = tinyRepository({ ...numbered(40), 'a.py': 'a\n' })
    const paths = Array.from({ length: 12 }, (_, index) => `data/${100 + index}.csv`)
    lose(
      source,
      paths.map((path) => `HEAD:${path}`),
    )
    const repository = await repositoryAt({ path: source, environment })
    const cacheDir = temporaryFolder()
    const first = await openSnapshot({ repository, commit: 'HEAD', cacheDir })
    expect([first.files, first.leftOut.missing, first.leftOut.missingPaths]).toEqual([29, 12, paths.slice(0, 10)])
    expect(readdirSync(join(first.root, 'data'))).toHaveLength(28)
    expect(await openSnapshot({ repository, commit: 'HEAD', cacheDir })).toEqual(first)
  })

  it('is built again after the contents were fetched', async () => {
    const source = tinyRepository({ 'a.py': 'a\n', 'b.py': 'b\n', 'data.csv': '1\n' })
    const putBack = lose(source, ['HEAD:data.csv'])
    const repository = await repositoryAt({ path: source, environment })
    const cacheDir = temporaryFolder()
    expect((await openSnapshot({ repository, commit: 'HEAD', cacheDir })).leftOut.missingPaths).toEqual(['data.csv'])
    putBack()
    const { root, files, leftOut } = await openSnapshot({ repository, commit: 'HEAD', cacheDir })
    expect([files, leftOut.missing, readFileSync(join(root, 'data.csv'), 'utf8')]).toEqual([3, 0, '1\n'])
  })

  it('refuses a tree with many missing files, or a missing folder', async () => {
    const source = tinyRepository({ ...numbered(60), 'deep/a.py': 'a\n' })
    const repository = await repositoryAt({ path: source, environment })
    const open = (): Promise<unknown> => openSnapshot({ repository, commit: 'HEAD', cacheDir: temporaryFolder() })
    const putBack = lose(
      source,
      Array.from({ length: 21 }, (_, index) => `HEAD:data/${110 + index}.csv`),
    )
    await expect(open()).rejects.toThrowError(refusal('21 of 61 files, such as data/110.csv; at most 20'))
    putBack()
    lose(source, ['HEAD:deep'])
    await expect(open()).rejects.toThrowError(refusal("can't be listed"))
  })

  it('keeps what a clone filtered by size has, fetches nothing, and names the command that fetches the rest', async () => {
    const { source, partial } = filteredClone()
    const repository = await repositoryAt({ path: partial, environment })
    const before = missingIn(partial)
    const cacheDir = temporaryFolder()
    const { files, leftOut } = await openSnapshot({ repository, commit: 'HEAD', cacheDir })
    expect([files, leftOut.missing, leftOut.missingPaths]).toEqual([2, 1, ['large.csv']])
    using reader = new ObjectReader(repository)
    const gold = filesAtCommit(reader, head(source))
    expect(await gold.readFile('a.py')).toBe('a\n')
    await expect(gold.readFile('large.csv')).rejects.toThrowError(/lacks the contents of large\.csv.*--no-filter/)
    expect([missingIn(partial), before.match(/^\?/gm)]).toEqual([before, ['?']])
    git(partial, 'fetch', '--quiet', '--refetch', '--no-filter')
    expect((await openSnapshot({ repository, commit: 'HEAD', cacheDir })).files).toBe(3)
  })

  it('fetches missing contents into our own clone, so that nothing is left out', async () => {
    const { source } = filteredClone()
    const first = head(source)
    const template = `file://${source}`
    const cacheDir = temporaryFolder()
    const repository = await resolveRepository({ repo: 'some/shop', template, cacheDir, environment })
    expect(missingIn(repository.gitDir).match(/^\?/gm)).toHaveLength(3)
    const { files, leftOut } = await openSnapshot({ repository, commit: first, cacheDir })
    expect([files, leftOut.missing]).toEqual([3, 0])
    expect(missingIn(repository.gitDir)).not.toContain('?')
  })
})

it('a missing blob of a changed file is an error of the difference', async () => {
  const source = tinyRepository({ 'a.py': 'a\n' })
  const from = head(source)
  writeFiles(source, { 'a.py': 'b\n' })
  commitAll(source, 'fix')
  const repository = await repositoryAt({ path: source, environment })
  lose(source, [`${from}:a.py`])
  await expect(diffBetween(repository, { from, to: head(source) })).rejects.toMatchObject({ code: 'git-failed' })
})

it.each([
  [1, 0],
  [2, 1],
  [30, 15],
  [40, 20],
  [400, 20],
  [419, 20],
  [420, 21],
  [10_000, 500],
])('of %i files %i may be missing', (files, allowed) => {
  expect(allowedMissing(files)).toBe(allowed)
})
