import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commitAll, git, temporaryFolder, tinyRepository, writeFiles } from '../../../../../test/support/folder.ts'
import { type Repository, repositoryAt } from '../../git/index.ts'
import { CommitIndex } from '../history/commit-index.ts'
import { type KnownCommits, readPast } from './history.ts'
import { keptFile, loadCommits, saveCommits } from './kept-commits.ts'

const environment = process.env
const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()

function change(folder: string, message: string): string {
  writeFiles(folder, { 'a.py': `${message}\n` })
  commitAll(folder, message)
  return head(folder)
}

async function read(repository: Repository, commit: string, keepIn?: string): Promise<KnownCommits> {
  const known = await readPast(new AbortController().signal)({ repository, commit, keepIn })
  await known.kept
  return known
}

const subjects = ({ index, walk }: KnownCommits): string[] =>
  [...walk.order].map((place) => index.columns.subjects[place] ?? '')

/** A repository with merges, equal times and a clock that went wrong. */
function tangled(): string {
  const folder = tinyRepository({ 'a.py': 'a\n' })
  const first = head(folder)
  const input = Array.from({ length: 60 }, (_, index) => {
    const time = 1_600_000_000 + 100 * (index >> 1) - (index % 7 === 3 ? 5_000 : 0)
    const message = `number ${index} of ${['cart', 'mail', 'sums'][index % 3]}`
    const from = index === 0 ? `from ${first}\n` : `from :${index % 4 === 2 ? index - 1 : index}\n`
    const merge = index % 9 === 8 ? `merge :${index - 3}\n` : ''
    return `commit refs/heads/main\nmark :${index + 1}\ncommitter A <a@b> ${time} +0000\ndata ${message.length}\n${message}\n${from}${merge}`
  })
  execFileSync('git', ['-C', folder, 'fast-import', '--quiet', '--force'], { input: input.join('\n') })
  return folder
}

describe('what is kept of commits', () => {
  test('gives what reading anew gives, for every commit, and in the order of git log', async () => {
    const folder = tangled()
    const repository = await repositoryAt({ path: folder, environment })
    const keepIn = temporaryFolder()
    const all = git(folder, 'rev-list', 'main').trim().split('\n')
    for (const commit of [all[20], all[30], all[0], all[7], all.at(-1)].map((id = '') => id)) {
      const [anew, kept] = [await read(repository, commit), await read(repository, commit, keepIn)]
      const order = git(folder, 'log', '--format=%s', commit).trim().split('\n')
      expect(subjects(anew)).toEqual(order)
      expect(subjects(kept)).toEqual(order)
    }
    expect(readdirSync(keepIn)).toHaveLength(1)
  })

  test('has later commits, of the same and of other branches, and never shows one of them', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    const base = change(folder, 'before')
    git(folder, 'switch', '--quiet', '--create', 'other', 'HEAD~1')
    const other = change(folder, 'secret of a branch')
    git(folder, 'switch', '--quiet', 'main')
    const fix = change(folder, 'the fix')
    git(folder, 'repack', '-a', '-d', '--quiet')
    git(folder, 'commit-graph', 'write', '--reachable')
    const repository = await repositoryAt({ path: folder, environment })
    const keepIn = temporaryFolder()
    for (const commit of [fix, other]) await read(repository, commit, keepIn)
    const kept = await loadCommits(join(keepIn, readdirSync(keepIn)[0] ?? ''))
    expect([...(kept?.columns.subjects ?? [])].sort()).toEqual(['before', 'first', 'secret of a branch', 'the fix'])
    expect(subjects(await read(repository, base, keepIn))).toEqual(['before', 'first'])
    expect(subjects(await read(repository, other, keepIn))).toEqual(['secret of a branch', 'first'])
  })

  test('is shared by work trees, and read without git once it is whole', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    const commit = change(folder, 'second')
    const linked = join(temporaryFolder(), 'linked')
    git(folder, 'worktree', 'add', '--quiet', '-b', 'other', linked)
    const keepIn = temporaryFolder()
    await read(await repositoryAt({ path: folder, environment }), commit, keepIn)
    const repository = await repositoryAt({ path: linked, environment })
    const gitless = { ...repository, environment: { PATH: temporaryFolder() } }
    expect(subjects(await read(gitless, commit, keepIn))).toEqual(['second', 'first'])
  })

  test('grows by new commits alone', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    const keepIn = temporaryFolder()
    const repository = await repositoryAt({ path: folder, environment })
    const first = head(folder)
    await read(repository, first, keepIn)
    const second = change(folder, 'second')
    await read(repository, second, keepIn)
    const third = change(folder, 'third')
    // Remove the first commit, so that a full read fails.
    rmSync(join(folder, '.git/objects', first.slice(0, 2), first.slice(2)))
    await expect(read(repository, third)).rejects.toMatchObject({ code: 'git-failed' })
    expect(subjects(await read(repository, third, keepIn))).toEqual(['third', 'second', 'first'])
    const [name = ''] = readdirSync(keepIn)
    expect((await loadCommits(join(keepIn, name)))?.columns.commits).toBe(3)
  })

  test('is read anew where the file is broken, of another version, or empty', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    const repository = await repositoryAt({ path: folder, environment })
    const keepIn = temporaryFolder()
    await read(repository, head(folder), keepIn)
    const file = join(keepIn, readdirSync(keepIn)[0] ?? '')
    const whole = readFileSync(file)
    const flipped = Buffer.from(whole)
    flipped[whole.length - 3] = (flipped[whole.length - 3] ?? 0) ^ 1
    const older = Buffer.from(whole)
    older.writeUInt32LE(0, 4)
    for (const bytes of [flipped, older, whole.subarray(0, 60), Buffer.alloc(0), Buffer.alloc(100)]) {
      writeFileSync(file, bytes)
      expect(await loadCommits(file)).toBeUndefined()
      expect(subjects(await read(repository, head(folder), keepIn))).toEqual(['first'])
      expect(await loadCommits(file)).toBeDefined()
    }
  })

  test('is none of a shallow clone, whose commits may come yet', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    change(folder, 'second')
    const clone = join(temporaryFolder(), 'clone')
    git(folder, 'clone', '--quiet', '--depth=1', `file://${folder}`, clone)
    const keepIn = temporaryFolder()
    const repository = await repositoryAt({ path: clone, environment })
    expect(await read(repository, head(clone), keepIn)).toMatchObject({ isShallow: true })
    expect(readdirSync(keepIn)).toEqual([])
    git(clone, 'fetch', '--quiet', '--unshallow')
    expect(subjects(await read(repository, head(clone), keepIn))).toEqual(['second', 'first'])
  })

  test('stays within its bound: what was used least recently goes', async () => {
    const folder = temporaryFolder()
    const [old, recent, latest] = ['old', 'recent', 'latest'].map((name) => keptFile(folder, name)) as [
      string,
      string,
      string,
    ]
    for (const [file, bytes] of [
      [old, 200_000_000],
      [recent, 100_000_000],
    ] as const) {
      writeFileSync(file, '')
      truncateSync(file, bytes)
      utimesSync(file, new Date(), new Date(Date.now() - bytes))
    }
    await saveCommits(latest, new CommitIndex())
    expect([old, recent, latest].map((file) => existsSync(file))).toEqual([false, true, true])
  })

  test('leaves a search alone where it can not be written', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n' })
    const keepIn = join(writeFiles(temporaryFolder(), { file: '' }), 'file')
    const repository = await repositoryAt({ path: folder, environment })
    expect(subjects(await read(repository, head(folder), keepIn))).toEqual(['first'])
  })
})
