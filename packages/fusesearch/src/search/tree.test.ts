import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { locateRg, packagedRg } from './rg/locate.ts'
import { openTree } from './tree.ts'

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

test('lists files by the bytes of their paths, without hidden, ignored and linked ones', async () => {
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
  expect(await list(root)).toEqual(['a.py', 'a/z.py', 'b.py', '\uffee', '\u{10000}'])
  expect(await list(root, 'none')).toEqual(['a.py', 'a/z.py', 'b.py', 'out/x', '\uffee', '\u{10000}'])
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
  expect(await locateRg({ packaged: packagedRg, searchPath: '' })).toBe(packaged)
  const bin = makeFolder({})
  symlinkSync(packaged, join(bin, 'rg'))
  expect(await locateRg({ packaged: none, searchPath: `/nowhere:${bin}` })).toBe(join(bin, 'rg'))
  const missing = locateRg({ packaged: none, searchPath: '/nowhere' })
  await expect(missing).rejects.toMatchObject({ code: 'rg-missing' })
  await expect(missing).rejects.toThrow(/@vscode\/ripgrep \(no platform package\) nor as rg on PATH/)
})
