import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { commitAll, git, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { firstParentLine, originName, streamCommits } from './commit-log.ts'
import { readCommits } from './history.ts'
import { repositoryAt } from './repository.ts'

async function opened() {
  const folder = tinyRepository({ 'a.txt': 'a\n', 'b.txt': 'b\n' })
  const first = head(folder)
  git(folder, 'checkout', '--quiet', '-b', 'side')
  writeFiles(folder, { 'side.txt': 's\n' })
  commitAll(folder, 'side\n\ntwo\n\nparagraphs – ü')
  const side = head(folder)
  git(folder, 'checkout', '--quiet', 'main')
  git(folder, 'mv', 'a.txt', 'new name.txt')
  commitAll(folder, 'renamed')
  const renamed = head(folder)
  git(folder, '-c', 'user.name=T', '-c', 'user.email=t@example.org', 'merge', '--quiet', '-m', 'merged', 'side')
  const repository = await repositoryAt({ path: folder, environment: process.env })
  return { folder, repository, first, side, renamed, merge: head(folder) }
}

const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()

async function messages(request: Parameters<typeof streamCommits>[0]): Promise<readonly string[]> {
  const found: string[] = []
  for await (const commit of streamCommits(request)) found.push(commit.message.trim())
  return found
}

describe('streamCommits', () => {
  it('returns a commit and its ancestors, children first, and nothing later', async () => {
    const { repository, first, side, merge } = await opened()
    expect([...(await messages({ repository, until: merge }))].sort()).toEqual(
      ['first', 'merged', 'renamed', 'side\n\ntwo\n\nparagraphs – ü'].sort(),
    )
    expect(await messages({ repository, until: side })).toEqual(['side\n\ntwo\n\nparagraphs – ü', 'first'])
    expect(await messages({ repository, until: merge, sinceS: 32_000_000_000 })).toEqual([])
    for await (const commit of streamCommits({ repository, until: first })) expect(commit.parents).toEqual([])
    await expect(messages({ repository, until: 'f'.repeat(40) })).rejects.toMatchObject({ code: 'git-failed' })
  })

  it("works with a format that git doesn't know", async () => {
    const { folder, repository, first } = await opened()
    git(folder, 'config', 'format.pretty', 'unknown')
    expect(await messages({ repository, until: first })).toEqual(['first'])
  })

  it('leaves out a damaged commit without a time, which the messages keep', async () => {
    const { folder, repository, first } = await opened()
    const tree = git(folder, 'rev-parse', `${first}^{tree}`).trim()
    const damaged = `tree ${tree}\nparent ${first}\nauthor A <a@b> 1 +0000\ncommitter nobody\n\ndamaged\n`
    const write = ['-C', folder, 'hash-object', '-t', 'commit', '-w', '--stdin', '--literally']
    const commit = execFileSync('git', write, { input: damaged, encoding: 'utf8' }).trim()
    expect(await messages({ repository, until: commit })).toEqual(['first'])
    const { commits } = await readCommits({ repository, commit, without: [], limit: 9 })
    expect(commits.map(({ message }) => message.trim())).toEqual(['damaged', 'first'])
  })

  it('can be left early', async () => {
    const { repository, merge } = await opened()
    for await (const commit of streamCommits({ repository, until: merge })) {
      expect(commit.message.trim()).toBe('merged')
      expect(commit.parents).toHaveLength(2)
      break
    }
  })
})

describe('firstParentLine and originName', () => {
  it('returns what landed on the branch, and the name of the remote', async () => {
    const { folder, repository, first, renamed, merge } = await opened()
    expect(await firstParentLine(repository, merge)).toEqual([merge, renamed, first])
    expect(await originName(repository)).toBeUndefined()
    for (const url of ['https://example.org/o/n.git', 'git@example.org:o/n', '/some/where/o/n/'])
      expect(await originName({ ...repository, gitDir: withRemote(folder, url) }), url).toBe('o/n')
  })
})

function withRemote(folder: string, url: string): string {
  git(folder, 'config', 'remote.origin.url', url)
  return `${folder}/.git`
}
