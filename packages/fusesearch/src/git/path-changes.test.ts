import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commitAll, git, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { readCommits } from './history.ts'
import { pathChanges } from './path-changes.ts'
import { repositoryAt } from './repository.ts'

const environment = process.env
const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()
const modified = (path: string) => ({ status: 'M', path })

/** Commits one change to a file. */
function change(folder: string, path: string, message: string): string {
  writeFiles(folder, { [path]: `${message}\n` })
  commitAll(folder, message)
  return head(folder)
}

describe('pathChanges', () => {
  it("returns what a merge brought in, both names of a renamed file, and names that aren't text", async () => {
    const folder = tinyRepository({ 'a.py': 'a\n', 'old name.py': 'b\n' })
    git(folder, 'switch', '--quiet', '--create', 'feature')
    change(folder, 'a.py', 'one')
    change(folder, 'c.py', 'two')
    git(folder, 'switch', '--quiet', 'main')
    change(folder, 'd.py', 'beside')
    const merge = ['merge', '--quiet', '--no-ff', '-m', 'Merge pull request #7', 'feature']
    git(folder, '-c', 'user.name=T', '-c', 'user.email=t@example.org', ...merge)
    const merged = head(folder)
    git(folder, 'mv', 'old name.py', 'new\nname.py')
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff])]), 'x\n')
    commitAll(folder, 'rename')
    const repository = await repositoryAt({ path: folder, environment })
    const { commits } = await readCommits({ repository, commit: head(folder), without: [], limit: 9 })
    const changes = await pathChanges(repository, commits)
    expect(changes.get(merged)).toEqual([modified('a.py'), { status: 'A', path: 'c.py' }])
    expect(changes.get(head(folder))).toEqual([
      { status: 'A', path: 'new\nname.py' },
      { status: 'D', path: 'old name.py' },
      { status: 'A', path: '\xff' },
    ])
    expect(await pathChanges(repository, [])).toEqual(new Map())
  })

  it('leaves out what a clone without trees lacks, and fetches nothing', async () => {
    const folder = tinyRepository({ 'a.py': 'a\n', 'sub/b.py': 'b\n' })
    const second = change(folder, 'sub/b.py', 'second')
    git(folder, 'config', 'uploadpack.allowFilter', 'true')
    const [treeless, blobless] = [join(temporaryFolder(), 'treeless'), join(temporaryFolder(), 'blobless')]
    const clone = ['clone', '--quiet', '--bare']
    git(folder, ...clone, '--filter=tree:0', `file://${folder}`, treeless)
    git(folder, ...clone, '--filter=blob:none', `file://${folder}`, blobless)
    const read = async (path: string): Promise<unknown> => {
      const repository = await repositoryAt({ path, environment })
      const { commits } = await readCommits({ repository, commit: second, without: [], limit: 9 })
      const changes = await pathChanges(repository, commits)
      return [commits.length, changes.get(second), changes.size]
    }
    expect(await read(treeless)).toEqual([2, undefined, 1])
    expect(await read(blobless)).toEqual([2, [modified('sub/b.py')], 2])
  })
})
