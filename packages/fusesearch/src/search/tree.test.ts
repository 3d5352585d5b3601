import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { PROGRAM_LIMITS } from './limits.ts'
import { announceUnreached } from './notices.ts'
import { renderObservation } from './render.ts'
import { locateRg, packagedRg } from './rg/locate.ts'
import { openTree } from './tree.ts'
import { runTurn } from './turn.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function makeFolder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'fusesearch-tree-'))
  folders.push(root)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return root
}

async function list(root: string, ignoreRules: 'none' | 'respect' = 'respect'): Promise<readonly string[]> {
  return (await openTree({ root, ignoreRules })).listFiles()
}

test('lists files by the bytes of their paths, hidden ones too, without ignored and linked ones', async () => {
  const files = {
    '.gitignore': 'out\n',
    'out/x': '',
    'b.py': '',
    'a/z.py': '',
    'a.py': '',
    '\u{10000}': '',
    '\uffee': '',
    '.h/x': '',
  }
  const root = makeFolder(files)
  symlinkSync('..', join(root, 'a/loop'))
  symlinkSync(tmpdir(), join(root, 'away'))
  const hidden = ['.gitignore', '.h/x']
  expect(await list(root)).toEqual([...hidden, 'a.py', 'a/z.py', 'b.py', '\uffee', '\u{10000}'])
  expect(await list(root, 'none')).toEqual([...hidden, 'a.py', 'a/z.py', 'b.py', 'out/x', '\uffee', '\u{10000}'])
})

test('heeds ignore files above the root only inside a git work tree', async () => {
  const root = makeFolder({ '.gitignore': 'x.py\n', 'sub/x.py': '', 'sub/y.py': '' })
  expect(await list(join(root, 'sub'))).toEqual(['sub/x.py', 'sub/y.py'].map((path) => path.slice(4)))
  execFileSync('git', ['init', '-q', root])
  expect(await list(join(root, 'sub'))).toEqual(['y.py'])
})

test('names the files above a size', async () => {
  const tree = await openTree({ root: makeFolder({ big: 'x'.repeat(100), small: 'x' }), ignoreRules: 'respect' })
  expect(await tree.listFilesAbove({ maxFileBytes: 50, unwanted: [] })).toEqual(['big'])
  expect(await tree.listFilesAbove({ maxFileBytes: 500, unwanted: [] })).toEqual([])
})

test('an empty folder is an empty tree; a link to a folder is that folder', async () => {
  const root = makeFolder({})
  expect(await list(root)).toEqual([])
  const links = makeFolder({})
  symlinkSync(root, join(links, 'link'))
  expect((await openTree({ root: join(links, 'link'), ignoreRules: 'respect' })).root).toBe(realpathSync(root))
})

test('a folder that is missing, a file or unreadable is a clear error', async () => {
  const root = makeFolder({ file: '' })
  const missing = openTree({ root: join(root, 'nothing'), ignoreRules: 'respect' })
  await expect(missing).rejects.toMatchObject({ code: 'repository-missing' })
  await expect(missing).rejects.toThrow('Check the path')
  const file = openTree({ root: join(root, 'file'), ignoreRules: 'respect' })
  await expect(file).rejects.toMatchObject({ code: 'repository-unreadable' })
})

test.skipIf(process.getuid?.() === 0)('a folder without read permission is a clear error', async () => {
  const root = makeFolder({ 'closed/file': '' })
  chmodSync(join(root, 'closed'), 0o000)
  const closed = openTree({ root: join(root, 'closed'), ignoreRules: 'respect' })
  await expect(closed).rejects.toMatchObject({ code: 'repository-unreadable' })
  chmodSync(join(root, 'closed'), 0o755)
})

describe('git’s own files', () => {
  const GITS = { '.git/config': 'token', '.git/HEAD': 'ref: refs/heads/main', 'a.py': 'token' }

  test('are no tree, by whatever name', async () => {
    const root = makeFolder(GITS)
    mkdirSync(join(root, 'Sub', '.GIT', 'hooks'), { recursive: true })
    symlinkSync(join(root, '.git'), join(root, 'link'))
    for (const path of ['.git', '.git/', './.git/.', 'Sub/.GIT', 'Sub/.GIT/hooks', 'link']) {
      for (const ignoreRules of ['respect', 'none'] as const) {
        const opened = openTree({ root: `${root}/${path}`, ignoreRules })
        await expect(opened, path).rejects.toMatchObject({ code: 'bad-argument' })
        await expect(opened, path).rejects.toThrow("belongs to git's own records")
      }
    }
  })

  test('are shown by no rule of the repository', async () => {
    for (const rule of ['!.git', '!/.git/', '!**', '!.*', '!.git/config']) {
      const files = { ...GITS, 'deep/.git': 'gitdir: token', 'deep/b.py': 'token', '.ignore': rule, '.gitignore': rule }
      const paths = await list(makeFolder(files))
      expect(paths.filter((path) => path.includes('.git/') || path.endsWith('.git'))).toEqual([])
      expect(paths).toEqual(expect.arrayContaining(['a.py', 'deep/b.py']))
    }
  })

  test('are no tree where they lie bare, but a work tree in a bare repository is one', async () => {
    const bare = join(makeFolder({}), 'shop.git')
    execFileSync('git', ['init', '-q', '--bare', bare])
    for (const path of [bare, join(bare, 'hooks'), join(bare, 'refs', 'heads')]) {
      const opened = openTree({ root: path, ignoreRules: 'respect' })
      await expect(opened).rejects.toMatchObject({ code: 'bad-argument' })
      await expect(opened).rejects.toThrow(/bare repository.*--rev HEAD/)
    }
    mkdirSync(join(bare, 'main', 'src'), { recursive: true })
    writeFileSync(join(bare, 'main', '.git'), 'gitdir: ../worktrees/main\n')
    writeFileSync(join(bare, 'main', 'src', 'a.py'), '')
    expect(await list(join(bare, 'main'))).toEqual(['src/a.py'])
    expect(await list(join(bare, 'main', 'src'))).toEqual(['a.py'])
    // Names that only look alike.
    expect(await list(makeFolder({ HEAD: '', 'objects/x': '' }))).toEqual(['HEAD', 'objects/x'])
  })
})

describe('ignore files that never end', () => {
  const refused = { code: 'repository-unreadable', message: expect.stringMatching(/is a pipe or a device/) }

  test.each(['.gitignore', '.ignore', '.rgignore'])('are refused at once as %s of the root', async (name) => {
    const root = makeFolder({ 'a.py': '', 'sub/b.py': '', '.git/HEAD': '' })
    execFileSync('mkfifo', [join(root, name)])
    await expect(openTree({ root, ignoreRules: 'respect' })).rejects.toMatchObject(refused)
    // Those above count inside a work tree.
    await expect(openTree({ root: join(root, 'sub'), ignoreRules: 'respect' })).rejects.toMatchObject(refused)
    expect(await list(root, 'none')).toEqual(['a.py', 'sub/b.py'])
    rmSync(join(root, name))
    symlinkSync('/dev/zero', join(root, name))
    await expect(openTree({ root, ignoreRules: 'respect' })).rejects.toMatchObject(refused)
  })

  test('end a listing soon where they lie deep', async () => {
    const root = makeFolder({ 'a.py': '', 'deep/er/b.py': '' })
    execFileSync('mkfifo', [join(root, 'deep/er/.ignore')])
    const tree = await openTree({ root, ignoreRules: 'respect' })
    await expect(tree.listFiles()).rejects.toMatchObject(refused)
    await expect(tree.listFilesAbove({ maxFileBytes: 5, unwanted: [] })).rejects.toThrow('deep/er/.ignore')
    const controller = new AbortController()
    const aborted = tree.listFiles(controller.signal)
    controller.abort(new Error('gone'))
    await expect(aborted).rejects.toThrow('gone')
  })

  test('are refused where they are too large for ripgrep, alone or with those above them', async () => {
    const tooLarge = { code: 'repository-unreadable', message: expect.stringMatching(/bytes of rules/) }
    const rules = '*[a-z]*[a-z]*q*/**/x\n'.repeat(15_000)
    const once = makeFolder({ 'a.py': '', '.ignore': rules })
    expect(await list(once)).toEqual(['.ignore', 'a.py'])
    const root = makeFolder({ 'a.py': '', '.ignore': rules, '.gitignore': rules })
    await expect(openTree({ root, ignoreRules: 'respect' })).rejects.toMatchObject(tooLarge)
    const names = ['sub', 'sub/sub', 'sub/sub/sub']
    const deep = makeFolder(Object.fromEntries(names.map((name) => [`${name}/.gitignore`, rules.repeat(4)])))
    const tree = await openTree({ root: deep, ignoreRules: 'respect' })
    await expect(tree.listFiles()).rejects.toMatchObject(tooLarge)
  })

  test('may be masked by an empty device, or be folders', async () => {
    const root = makeFolder({ 'a.py': '', 'sub/.ignore/x': '', 'sub/b.py': '' })
    symlinkSync('/dev/null', join(root, '.gitignore'))
    expect(await list(root)).toEqual(['a.py', 'sub/.ignore/x', 'sub/b.py'])
  })
})

describe('what can’t be reached', () => {
  test('is announced: paths that are too long for the system', async () => {
    const root = makeFolder({ 'a.py': '' })
    const tree = await openTree({ root, ignoreRules: 'respect' })
    await tree.listFiles()
    expect(tree.notices()).toEqual([])
    const name = 'd'.repeat(250)
    const here = process.cwd()
    try {
      process.chdir(root)
      for (let depth = 0; depth < 17; depth += 1) {
        mkdirSync(name)
        process.chdir(name)
      }
      writeFileSync('deep.py', '')
    } finally {
      process.chdir(here)
    }
    const again = await openTree({ root, ignoreRules: 'respect' })
    expect(await again.listFiles()).toEqual(['a.py'])
    // The path is too long for the clean-up of the other folders.
    execFileSync('rm', ['-rf', join(root, name)])
    const [notice, ...others] = again.notices()
    expect(others).toEqual([])
    expect(notice).toMatch(
      /^Not searched: 1 path that can't be read, with all below: d{120}… \(file ?name too long\)\.$/,
    )
  })

  // Root may read all; where it can run ripgrep as somebody else, who may see temporary folders, it does.
  const isRoot = process.getuid?.() === 0
  const asNobody = ['setpriv', '--reuid=65534', '--clear-groups']
  const canChange = isRoot && spawnSync('setpriv', [...asNobody.slice(1), 'ls', tmpdir()]).status === 0
  const closedTree = async (names: readonly string[]) => {
    const root = makeFolder({ 'a.py': 'x', 'open/d.py': '' })
    const home = makeFolder({ rg: `#!/bin/sh\nexec ${asNobody.join(' ')} "$(dirname "$0")/packaged" "$@"\n` })
    const other = join(home, 'rg')
    // Neither the checkout nor what a careful user makes is open to somebody else.
    copyFileSync(await packagedRg(), join(home, 'packaged'))
    for (const path of [root, join(root, 'a.py'), join(root, 'open'), home, other]) chmodSync(path, 0o755)
    for (const name of names) mkdirSync(join(root, name), { mode: 0 })
    return openTree({ root, ignoreRules: 'respect', ...(isRoot ? { rg: other } : {}) })
  }

  test.skipIf(isRoot && !canChange)('is announced: folders without permission', async () => {
    const tree = await closedTree(['one', 'two'])
    expect(await tree.listFiles()).toEqual(['a.py', 'open/d.py'])
    expect(tree.notices()).toEqual([
      expect.stringMatching(
        /^Not searched: 2 paths that can't be read, with all below: (one|two) \(permission denied\), (one|two) \(permission denied\)\.$/,
      ),
    ])
    const options = { limits: PROGRAM_LIMITS, bytesLeft: 10_000, signal: new AbortController().signal }
    const read = { tool: 'read_file', arguments: { path: 'a.py' } } as const
    const grep = { tool: 'grep', arguments: { pattern: 'x' } } as const
    const { observations } = await runTurn(tree, [read, grep, grep], options)
    const announced = announceUnreached(observations, tree.notices())
    expect(announced.map((one) => one.ok && one.notices.map(({ limit }) => limit))).toEqual([[], ['unreached'], []])
    for (const one of announced) expect(Buffer.byteLength(renderObservation(one))).toBe(one.bytes)
  })

  test.skipIf(isRoot && !canChange)('is counted where a name has several lines, and adds no file', async () => {
    const lines = 'rg: DEBUG|ignore|x: ignoring ./.git/config: 7 bytes\nrg: DEBUG|ignore|x: ignoring ./..: 7 bytes'
    const tree = await closedTree(['one (os error 2)\ntwo', `x\n${lines.replaceAll('/', '\u2044')}`, 'a\nb\nc'])
    expect(await tree.listFiles()).toEqual(['a.py', 'open/d.py'])
    expect(tree.notices()).toEqual([
      expect.stringMatching(/^Not searched: 2 paths that can't be read.* \(a name of several/),
    ])
  })
})

test.each(['Müller & Söhne', 'проект', '日本語', "it's"])('a tree in the folder %s is searched', async (name) => {
  const root = join(makeFolder({ [`${name}/a.py`]: 'x = 1', [`${name}/ß/ж.py`]: 'x = 2' }), name)
  const tree = await openTree({ root, ignoreRules: 'respect' })
  expect(await tree.listFiles()).toEqual(['a.py', 'ß/ж.py'])
  const options = { limits: PROGRAM_LIMITS, bytesLeft: 10_000, signal: new AbortController().signal }
  const { observations } = await runTurn(tree, [{ tool: 'grep', arguments: { pattern: 'x', mode: 'paths' } }], options)
  expect(observations).toMatchObject([{ ok: true, paths: ['a.py', 'ß/ж.py'], notices: [] }])
})

test('a listing that was aborted is made anew by the next caller', async () => {
  const tree = await openTree({ root: makeFolder({ a: '' }), ignoreRules: 'respect' })
  const controller = new AbortController()
  const aborted = tree.listFiles(controller.signal)
  const waiting = tree.listFiles()
  controller.abort()
  await expect(aborted).rejects.toThrow()
  expect(await waiting).toEqual(['a'])
})

const none = (): Promise<string> => Promise.reject(new Error('no platform package'))

test('ripgrep is the packaged one, else the one on PATH, else an error that names both', async () => {
  const packaged = await packagedRg()
  expect(await locateRg({ packaged: packagedRg, searchPath: '', trees: [] })).toBe(packaged)
  const bin = makeFolder({})
  symlinkSync(packaged, join(bin, 'rg'))
  expect(await locateRg({ packaged: none, searchPath: `/nowhere:${bin}`, trees: [] })).toBe(join(bin, 'rg'))
  expect(await locateRg({ packaged: none, searchPath: `:.:bin:${bin}`, trees: [] })).toBe(join(bin, 'rg'))
  const inTree = locateRg({ packaged: none, searchPath: `:bin:${bin}`, trees: [bin] })
  await expect(inTree).rejects.toMatchObject({ code: 'rg-missing' })
  const missing = locateRg({ packaged: none, searchPath: '/nowhere', trees: [] })
  await expect(missing).rejects.toMatchObject({ code: 'rg-missing' })
  await expect(missing).rejects.toThrow(/@vscode\/ripgrep \(no platform package\) nor as rg on PATH/)
})

test('only the files that are picked are checked, and picked from another listing if they moved since', async () => {
  const root = makeFolder({ 'a/one.py': '', 'b/two.py': '', 'c.md': '' })
  const tree = await openTree({ root, ignoreRules: 'respect' })
  const asked: (readonly string[])[] = []
  const choose = (ending: string) => (paths: readonly string[]) => {
    asked.push(paths)
    return Promise.resolve(paths.filter((path) => path.endsWith(ending)))
  }
  expect(await tree.chooseFiles(choose('one.py'))).toEqual(['a/one.py'])
  rmSync(join(root, 'b'), { recursive: true })
  mkdirSync(join(root, 'b'))
  writeFileSync(join(root, 'b/three.py'), '')
  asked.length = 0
  expect(await tree.chooseFiles(choose('one.py'))).toEqual(['a/one.py'])
  expect(asked).toEqual([['a/one.py', 'b/two.py', 'c.md']])
  expect(await tree.chooseFiles(choose('.py'))).toEqual(['a/one.py', 'b/three.py'])
  expect(await tree.chooseFiles(() => Promise.resolve('refused'))).toBe('refused')
})
