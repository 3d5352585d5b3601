import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { commitAll, git, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { ObjectReader } from './objects.ts'
import { filesAtCommit } from './reader.ts'
import { repositoryAt } from './repository.ts'
import { openSnapshot } from './snapshot.ts'

const environment = process.env
const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()
const listed = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((found) => !found.isDirectory())
    .map((found) => join(found.parentPath, found.name).slice(root.length + 1))
    .sort()

describe('openSnapshot', () => {
  it('contains the files of the base commit and nothing of a later one in the same object store', async () => {
    const source = tinyRepository({ 'a.py': 'old\n' })
    const base = head(source)
    writeFiles(source, { 'a.py': 'new\n', 'fix.py': 'secret\n' })
    commitAll(source, 'fix')
    const repository = await repositoryAt({ path: source, environment })
    const { root, commit, files } = await openSnapshot({ repository, commit: base, cacheDir: temporaryFolder() })
    expect([commit, files, listed(root)]).toEqual([base, 1, ['a.py']])
    expect(readFileSync(join(root, 'a.py'), 'utf8')).toBe('old\n')
    // Neither the snapshot nor the folder around it is, or leads to, a repository.
    expect(existsSync(join(root, '.git')) || existsSync(join(dirname(root), '.git'))).toBe(false)
    expect(() => git(root, 'rev-parse', '--git-dir')).toThrow()
  })

  it('writes bytes as stored: no attribute, filter or line-end rule applies', async () => {
    const source = tinyRepository({ 'keep.py': 'a\r\nb\n$Id$\n' })
    const attributes = '*.py text eol=crlf ident filter=evil diff=evil export-subst\nhidden.txt export-ignore\n'
    writeFiles(source, { '.gitattributes': attributes, 'hidden.txt': 'here\n' })
    commitAll(source, 'attributes')
    const repository = await repositoryAt({ path: source, environment })
    const { root } = await openSnapshot({ repository, commit: 'HEAD', cacheDir: temporaryFolder() })
    expect(listed(root)).toEqual(['.gitattributes', 'hidden.txt', 'keep.py'])
    const stored = git(source, 'cat-file', 'blob', 'HEAD:keep.py')
    expect(readFileSync(join(root, 'keep.py'), 'utf8')).toBe(stored)
  })

  it("runs nothing that the repository names, and doesn't change its folder", async () => {
    const source = tinyRepository({ 'a.py': 'a\n' })
    const proof = join(temporaryFolder(), 'proof')
    const command = `touch ${proof}; false`
    for (const key of ['core.fsmonitor', 'core.pager', 'diff.external', 'core.sshCommand', 'filter.evil.smudge']) {
      git(source, 'config', key, command)
    }
    git(source, 'config', 'extensions.partialClone', 'origin')
    git(source, 'config', 'remote.origin.url', `ext::sh -c "${command}"`)
    git(source, 'config', 'protocol.ext.allow', 'always')
    for (const hook of ['reference-transaction', 'post-checkout', 'post-index-change']) {
      writeFileSync(join(source, '.git/hooks', hook), `#!/bin/sh\n${command}\n`)
      chmodSync(join(source, '.git/hooks', hook), 0o755)
    }
    writeFiles(source, { '.gitattributes': '* filter=evil diff=evil\n', 'a.py': 'dirty\n' })
    const before = listed(source)
    const repository = await repositoryAt({ path: source, environment })
    const { root } = await openSnapshot({ repository, commit: 'HEAD', cacheDir: temporaryFolder() })
    expect(readFileSync(join(root, 'a.py'), 'utf8')).toBe('a\n')
    await expect(openSnapshot({ repository, commit: '0'.repeat(40), cacheDir: temporaryFolder() })).rejects.toThrow()
    expect(listed(source)).toEqual(before)
    expect(existsSync(proof)).toBe(false)
  })

  it('leaves links out, shares storage between commits and keeps odd names', async () => {
    const source = tinyRepository({ 'same.py': 'same\n', 'é "q".py': 'odd\n', 'copy.py': 'same\n', 'empty.py': '' })
    symlinkSync('/etc/passwd', join(source, 'link'))
    commitAll(source, 'link')
    const cacheDir = temporaryFolder()
    const repository = await repositoryAt({ path: source, environment })
    const first = await openSnapshot({ repository, commit: 'HEAD~1', cacheDir })
    const second = await openSnapshot({ repository, commit: 'HEAD', cacheDir })
    expect(second.leftOut).toEqual({
      symlinks: 1,
      submodules: 0,
      collisions: 0,
      large: 0,
      missing: 0,
      missingPaths: [],
    })
    expect(listed(second.root)).toEqual(['copy.py', 'empty.py', 'same.py', 'é "q".py'])
    const [one, two] = [first, second].map(({ root }) => statSync(join(root, 'same.py')))
    expect(one?.ino).toBe(two?.ino)
    // Nobody may write it; the user's umask says who may read it.
    expect((one?.mode ?? 0) & 0o222).toBe(0)
  })

  it('rebuilds a broken snapshot: missing files, or no marker', async () => {
    const repository = await repositoryAt({ path: tinyRepository(), environment })
    const cacheDir = temporaryFolder()
    const whole = await openSnapshot({ repository, commit: 'HEAD', cacheDir })
    const expected = listed(whole.root)
    rmSync(join(whole.root, 'README.md'))
    expect(listed((await openSnapshot({ repository, commit: 'HEAD', cacheDir })).root)).toEqual(expected)
    rmSync(join(whole.root, '../snapshot.json'))
    rmSync(join(whole.root, 'shop'), { recursive: true })
    expect(listed((await openSnapshot({ repository, commit: 'HEAD', cacheDir })).root)).toEqual(expected)
    expect(readdirSync(join(whole.root, '../..')).filter((name) => name.startsWith('.'))).toEqual([])
  })

  it('treats an empty marker or ledger, left by a crash, as missing', async () => {
    const repository = await repositoryAt({ path: tinyRepository(), environment })
    const cacheDir = temporaryFolder()
    const whole = await openSnapshot({ repository, commit: 'HEAD', cacheDir })
    const expected = listed(whole.root)
    writeFileSync(join(whole.root, '../snapshot.json'), '')
    writeFileSync(join(cacheDir, 'snapshots/ledger.json'), '')
    expect(listed((await openSnapshot({ repository, commit: 'HEAD', cacheDir })).root)).toEqual(expected)
  })

  it("doesn't trust contents that a crash cut off", async () => {
    const source = tinyRepository({ 'a.py': 'whole\n' })
    const cacheDir = temporaryFolder()
    const repository = await repositoryAt({ path: source, environment })
    const { root } = await openSnapshot({ repository, commit: 'HEAD', cacheDir })
    rmSync(dirname(root), { recursive: true })
    const oid = git(source, 'rev-parse', 'HEAD:a.py').trim()
    const blob = join(cacheDir, 'snapshots/blobs', oid.slice(0, 2), oid.slice(2))
    chmodSync(blob, 0o644)
    writeFileSync(blob, 'wh')
    await openSnapshot({ repository, commit: 'HEAD', cacheDir })
    expect(readFileSync(join(root, 'a.py'), 'utf8')).toBe('whole\n')
  })

  it("takes no contents that don't have their hash, which other repositories' snapshots would get too", async () => {
    const cacheDir = temporaryFolder()
    const [victim, attacker] = [tinyRepository({ 'a.py': 'real\n' }), tinyRepository({ 'a.py': 'real\n' })]
    const oid = git(attacker, 'rev-parse', 'HEAD:a.py').trim()
    const object = join(attacker, '.git/objects', oid.slice(0, 2), oid.slice(2))
    rmSync(object)
    writeFileSync(object, deflateSync('blob 5\0fake\n'))
    expect(git(attacker, 'cat-file', 'blob', oid)).toBe('fake\n')
    const open = async (path: string): Promise<{ root: string }> =>
      openSnapshot({ repository: await repositoryAt({ path, environment }), commit: 'HEAD', cacheDir })
    await expect(open(attacker)).rejects.toMatchObject({
      code: 'snapshot-failed',
      message: expect.stringContaining(oid),
    })
    expect(readFileSync(join((await open(victim)).root, 'a.py'), 'utf8')).toBe('real\n')
  })

  it('leaves out a file of gigabytes that a few kilobytes stand for', async () => {
    const source = tinyRepository({ 'a.py': 'a\n', 'zeros.bin': 'x' })
    truncateSync(join(source, 'zeros.bin'), 100_000_001)
    git(source, '-c', 'core.compression=1', '-c', 'core.bigFileThreshold=1m', 'commit', '--quiet', '-am', 'zeros')
    const repository = await repositoryAt({ path: source, environment })
    const cacheDir = temporaryFolder()
    for (const _ of ['built', 'cached']) {
      const { root, leftOut } = await openSnapshot({ repository, commit: 'HEAD', cacheDir })
      expect([listed(root), leftOut.large]).toEqual([['a.py'], 1])
    }
  })

  it('serves many concurrent callers of one snapshot', async () => {
    const repository = await repositoryAt({ path: tinyRepository(), environment })
    const cacheDir = temporaryFolder()
    const open = (): Promise<{ root: string }> => openSnapshot({ repository, commit: 'HEAD', cacheDir })
    const roots = (await Promise.all(Array.from({ length: 6 }, open))).map(({ root }) => root)
    expect(new Set(roots).size).toBe(1)
    expect(listed(roots[0] ?? '')).toHaveLength(5)
  })

  it('evicts the least recently used beyond the limit, and contents without links', async () => {
    const source = tinyRepository({ 'a.py': 'one\n' })
    for (const text of ['two\n', 'three\n']) {
      writeFiles(source, { 'a.py': text })
      commitAll(source, text)
    }
    const repository = await repositoryAt({ path: source, environment })
    const cacheDir = temporaryFolder()
    const request = { repository, cacheDir, maxCacheBytes: 12_000 }
    const first = await openSnapshot({ ...request, commit: 'HEAD~2' })
    const second = await openSnapshot({ ...request, commit: 'HEAD~1' })
    for (const [snapshot, hoursAgo] of [
      [first, 1],
      [second, 2],
    ] as const) {
      const then = new Date(Date.now() - hoursAgo * 3_600_000)
      utimesSync(join(snapshot.root, '../snapshot.json'), then, then)
    }
    const third = await openSnapshot({ ...request, commit: 'HEAD' })
    expect([first, second, third].map(({ root }) => existsSync(root))).toEqual([true, false, true])
    const blobs = join(cacheDir, 'snapshots/blobs')
    expect(readdirSync(blobs, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())).toHaveLength(2)
  })

  it('refuses a clone without contents, and fetches nothing', async () => {
    const source = tinyRepository({ 'a.py': 'a\n' })
    git(source, 'config', 'uploadpack.allowFilter', 'true')
    const partial = join(temporaryFolder(), 'partial')
    git(source, 'clone', '--quiet', '--bare', '--filter=blob:none', `file://${source}`, partial)
    const repository = await repositoryAt({ path: partial, environment })
    const opened = openSnapshot({ repository, commit: 'HEAD', cacheDir: temporaryFolder() })
    await expect(opened).rejects.toThrowError(
      expect.objectContaining({
        code: 'snapshot-failed',
        message: expect.stringContaining('1 of 1 files, such as a.py'),
      }),
    )
    using reader = new ObjectReader(repository)
    const files = filesAtCommit(reader, head(source))
    await expect(files.readFile('a.py')).rejects.toThrowError(/a\.py/)
    expect(await files.readFile('none.py')).toBeUndefined()
    const all = ['a.py', 'none.py', 'a.py'].map((path) => reader.read(`HEAD:${path}`))
    expect(await Promise.all(all)).toEqual([undefined, undefined, undefined])
    expect((await reader.read('HEAD'))?.type).toBe('commit')
  })

  it("says what git's error is, not a hint of git's", async () => {
    const source = tinyRepository({ 'sub/a.py': 'a\n' })
    const oid = git(source, 'rev-parse', 'HEAD:sub').trim()
    rmSync(join(source, '.git/objects', oid.slice(0, 2), oid.slice(2)))
    const repository = await repositoryAt({ path: source, environment })
    const opened = openSnapshot({ repository, commit: 'HEAD', cacheDir: temporaryFolder() })
    await expect(opened).rejects.toThrow(`can't be listed: error: Could not read ${oid}`)
  })

  it('stops on abort', async () => {
    const repository = await repositoryAt({ path: tinyRepository(), environment })
    const request = { repository, commit: 'HEAD', cacheDir: temporaryFolder(), signal: AbortSignal.abort() }
    await expect(openSnapshot(request)).rejects.toThrow()
  })
})

describe('ObjectReader', () => {
  it('answers in order, for any size, and continues after missing names', async () => {
    const large = Buffer.alloc(3_000_000, 'x\n')
    const source = tinyRepository({ 'large.bin': large, 'small.txt': 'small', 'a b.txt': 'spaced' })
    const repository = await repositoryAt({ path: source, environment })
    using reader = new ObjectReader(repository)
    const names = ['small.txt', 'none such', 'large.bin', 'a b.txt', 'shop\nx', 'small.txt']
    const found = await Promise.all(names.map((name) => reader.read(`HEAD:${name}`)))
    expect(found.map((one) => one?.bytes.length)).toEqual([5, undefined, 3_000_000, 6, undefined, 5])
    reader.close()
    await expect(reader.read('HEAD:small.txt')).rejects.toThrow()
  })
})
