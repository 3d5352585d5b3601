import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { clientRoots, findFolder, openRoots } from './roots.ts'

async function twoRoots() {
  const folder = writeFiles(temporaryFolder(), {
    'a/inner/x.py': '',
    'a/.git/config': '',
    'b/y.py': '',
    'outside/z.py': '',
  })
  symlinkSync('.git', join(folder, 'a/records'))
  symlinkSync(join(folder, 'a'), join(folder, 'to-a'))
  return { folder, roots: await openRoots(['to-a', 'b'], folder) }
}

const uri = (path: string): string => pathToFileURL(path).href

it('takes of the roots of a client what lies in its own, and nothing of git', async () => {
  const { folder, roots } = await twoRoots()
  const real = async (...uris: string[]): Promise<string[]> => (await clientRoots(roots, uris)).map((root) => root.real)
  expect(await real(uri(folder))).toEqual([join(folder, 'a'), join(folder, 'b')])
  expect(await real(uri(join(folder, 'to-a/inner')))).toEqual([join(folder, 'a/inner')])
  const none = ['a/.git', 'a/records', 'to-a/.git', 'outside', 'nothing', 'b/y.py'].map((path) =>
    uri(join(folder, path)),
  )
  expect(await real(...none, `https://example.org${folder}/a`, 'file://elsewhere/a', 'a', '')).toEqual([])
  // Only the first hundred roots count.
  expect(await real(...Array.from({ length: 100 }, () => 'x'), uri(folder))).toEqual([])
})

it('knows a folder by its real place, and what a link makes of it', async () => {
  const { folder, roots } = await twoRoots()
  symlinkSync('inner', join(folder, 'a/round'))
  symlinkSync(join(folder, 'outside'), join(folder, 'a/out'))
  symlinkSync('loop', join(folder, 'a/loop'))
  const inner = join(folder, 'a/inner')
  const rows = [
    ['inner', { kind: 'folder', path: inner, isLinked: false }],
    [join(folder, 'to-a/inner'), { kind: 'folder', path: inner, isLinked: false }],
    [join(folder, 'b'), { kind: 'folder', path: join(folder, 'b'), isLinked: false }],
    ['../b', { kind: 'folder', path: join(folder, 'b'), isLinked: false }],
    ['round', { kind: 'folder', path: inner, isLinked: true }],
    ['out', { kind: 'outside', isLinked: true }],
    ['../outside', { kind: 'outside', isLinked: false }],
    ['../b-evil', { kind: 'outside', isLinked: false }],
    ['loop', { kind: 'missing' }],
    ['nothing', { kind: 'missing' }],
    ['inner/x.py', { kind: 'file' }],
    ['inner\0', { kind: 'outside', isLinked: false }],
  ] as const
  for (const [asked, found] of rows) expect(await findFolder(roots, asked), asked).toEqual(found)
  for (const asked of ['.git', 'records', 'inner/../.GIT', join(folder, 'to-a/.git')]) {
    await expect(findFolder(roots, asked), asked).rejects.toMatchObject({ code: 'bad-argument' })
  }
})
