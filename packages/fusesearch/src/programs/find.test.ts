import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { findProgram, trustedFolders } from './index.ts'

/** A folder with an executable `git`. */
function withGit(folder: string): string {
  writeFiles(folder, { git: '#!/bin/sh\n' })
  chmodSync(join(folder, 'git'), 0o755)
  return folder
}

const find = (tree: string, ...folders: readonly string[]) =>
  findProgram('git', { searchPath: folders.join(delimiter), trees: [tree] })

it('takes the first absolute folder that has the program, and passes on only absolute real folders', () => {
  const [tree, empty, first, second] = [1, 2, 3, 4].map(temporaryFolder) as [string, string, string, string]
  for (const folder of [first, second]) withGit(folder)
  const found = find(tree, '', 'bin', './bin', '~/bin', empty, '/nowhere', first, second, first, '.', '')
  expect(found).toEqual({ path: join(first, 'git'), searchPath: [empty, first, second].join(delimiter) })
  expect(find(tree, '', '.', empty)).toBeUndefined()
  expect(findProgram('git', { searchPath: undefined, trees: [tree] })).toBeUndefined()
})

it('takes nothing from the searched tree or the work tree around it, through any link', () => {
  const [top, links, good] = [1, 2, 3].map(temporaryFolder) as [string, string, string]
  withGit(good)
  mkdirSync(join(top, '.git'))
  const inside = [top, join(top, 'node_modules/.bin'), join(top, 'sub/bin')].map(withGit)
  // A link to a folder inside, and a link to a program inside.
  symlinkSync(join(top, 'sub/bin'), join(links, 'bin'))
  symlinkSync(join(top, 'git'), join(links, 'git'))
  symlinkSync(top, join(links, 'tree'))
  const searchPath = [...inside, join(links, 'bin'), links]
  for (const tree of [top, join(top, 'sub'), join(links, 'tree'), join(links, 'tree', 'sub')]) {
    expect(find(tree, ...searchPath), tree).toBeUndefined()
    expect(find(tree, ...searchPath, good)).toEqual({
      path: join(good, 'git'),
      searchPath: [links, good].join(delimiter),
    })
  }
  // For another tree they are ordinary programs.
  expect(find(temporaryFolder(), ...inside)?.path).toBe(join(top, 'git'))
})

it("skips files that aren't executable", () => {
  const [tree, file, folder, good] = [1, 2, 3, 4].map(temporaryFolder) as [string, string, string, string]
  writeFiles(file, { git: 'not executable' })
  chmodSync(join(file, 'git'), 0o644)
  mkdirSync(join(folder, 'git'))
  symlinkSync('/nowhere', join(tree, 'git'))
  expect(find(tree, file, folder, withGit(good))?.path).toBe(join(good, 'git'))
})

it('keeps the name by which a program is called', () => {
  const [tree, shims, tools] = [1, 2, 3].map(temporaryFolder) as [string, string, string]
  symlinkSync(join(withGit(tools), 'git'), join(shims, 'git'))
  expect(find(tree, shims)?.path).toBe(join(shims, 'git'))
})

it('filters other lists of folders in the same way', () => {
  const [tree, good] = [1, 2].map(temporaryFolder) as [string, string]
  const clean = (searchPath: string) => trustedFolders({ searchPath, trees: [tree] })
  expect(clean(['', 'lib', tree, join(tree, 'lib'), good, ''].join(delimiter))).toBe(good)
  expect(clean(':')).toBe('')
})
