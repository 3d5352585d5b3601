import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { git, tinyRepository } from '../../../../test/support/folder.ts'
import { changedLines } from './hunks.ts'
import { pathChanges } from './path-changes.ts'
import { type Repository, repositoryAt } from './repository.ts'

/** Commits a tree that holds one tree a hundred times, which holds another one a hundred times: few objects, 100^`depth` files. */
async function bomb(depth: number): Promise<{ repository: Repository; commits: { id: string; parents: string[] }[] }> {
  const folder = tinyRepository({ 'a.py': 'a\n' })
  const [first, blob] = git(folder, 'rev-parse', 'HEAD', 'HEAD:a.py').trim().split('\n')
  let entry = `100644 blob ${blob}`
  for (let level = 0; level < depth; level += 1) {
    const input = Array.from({ length: 100 }, (_, index) => `${entry}\tname${index}.py\n`).join('')
    entry = `040000 tree ${execFileSync('git', ['-C', folder, 'mktree'], { input, encoding: 'utf8' }).trim()}`
  }
  const commit = (tree: string, parent: string): string =>
    git(
      folder,
      '-c',
      'user.name=T',
      '-c',
      'user.email=t@example.org',
      'commit-tree',
      '-m',
      'x',
      '-p',
      parent,
      tree,
    ).trim()
  const plain = commit('HEAD^{tree}', first ?? '')
  const endless = commit(entry.slice('040000 tree '.length), plain)
  const repository = await repositoryAt({ path: folder, environment: process.env })
  const after = commit('HEAD^{tree}', endless)
  const line = [after, endless, plain, first ?? '']
  return { repository, commits: line.slice(0, 3).map((id, at) => ({ id, parents: line.slice(at + 1, at + 2) })) }
}

it.each([6, 3])('leaves out commits of 100^%s files, and does not fail', async (depth) => {
  const { repository, commits } = await bomb(depth)
  const endless = commits[1]?.id ?? ''
  expect((await pathChanges(repository, commits)).has(endless)).toBe(false)
  expect((await changedLines(repository, commits)).has(endless)).toBe(false)
  expect((await pathChanges(repository, commits.slice(2))).size).toBe(1)
})
