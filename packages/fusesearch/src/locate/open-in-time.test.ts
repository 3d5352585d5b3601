import { execFileSync } from 'node:child_process'
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { git, SHOP, SHOP_ISSUE, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { PATIENCE_MS, withMoreTime } from '../../../../test/support/patience.ts'
import type { RunEvent } from '../agent/index.ts'
import { createEmbeddedPolicy } from '../policies/index.ts'
import { ALL_TOOLS, PAPER_TOOLS } from '../search/index.ts'
import { createWorkspace, type LocateOptions, type LocateResult, locate } from './index.ts'

const policy = createEmbeddedPolicy()
/** Git itself would get a minute; a busy machine takes seconds. */
const SOON_MS = 50_000

/** Git is asked which ignored files it tracks, and hangs too. */
const UNLISTED = expect.stringContaining("Git didn't list its files in time")

const at = (revision: string) => ({ revision, cacheDir: temporaryFolder(), environment: process.env })

async function inTime<T>(work: () => Promise<T>): Promise<T> {
  const started = Date.now()
  try {
    return await work()
  } finally {
    expect(Date.now() - started).toBeLessThan(SOON_MS)
  }
}

const search = (options: Partial<LocateOptions>): Promise<LocateResult> =>
  inTime(() => locate({ repository: '.', issue: SHOP_ISSUE, policy, ...options }))

/** A repository whose settings are read from a pipe that nobody writes to. */
function hanging(): string {
  const folder = tinyRepository()
  execFileSync('mkfifo', [join(folder, 'pipe')])
  git(folder, 'config', 'include.path', join(folder, 'pipe'))
  return folder
}

/** A repository with a pipe in place of one of git's own files. */
function piped(name: string): string {
  const folder = tinyRepository()
  rmSync(join(folder, '.git', name), { recursive: true, force: true })
  execFileSync('mkfifo', [join(folder, '.git', name)])
  return folder
}

describe('a deadline', () => {
  it('includes opening a commit: nothing was searched, and a notice says so', async () => {
    const events: RunEvent[] = []
    const onEvent = (event: RunEvent): number => events.push(event)
    const budget = { deadlineMs: 500 }
    const result = await search({ repository: hanging(), commit: at('HEAD'), budget, onEvent })
    expect(result).toMatchObject({ stoppedBy: 'deadline', files: [], confidence: 0, stats: { calls: 0 } })
    expect(result.candidates).toEqual({ files: [], functions: [] })
    expect(result.notices).toEqual([expect.stringMatching(/^The deadline passed before the repository was open/)])
    // The run is recorded like any other, with the requested deadline.
    expect(events.map(({ kind }) => kind)).toEqual(['started', 'answered'])
    expect(events[0]).toMatchObject({ start: { budget: { deadlineMs: 500 } } })
  })

  it("isn't delayed by a history that hangs: the search continues", async () => {
    await withMoreTime(3_000, async (deadlineMs) => {
      const result = await search({ repository: hanging(), budget: { deadlineMs } })
      expect(result).toMatchObject({ stoppedBy: 'answer', files: [{ path: 'shop/cart.py' }] })
      const history = expect.stringContaining(`could not be read within ${deadlineMs / 3} ms`)
      expect(result.notices).toEqual([UNLISTED, history])
    })
    // Without the history, nothing waits for git.
    const tools = PAPER_TOOLS
    const without = await search({ repository: hanging(), tools, budget: { deadlineMs: PATIENCE_MS } })
    expect(without).toMatchObject({ stoppedBy: 'answer', files: [{ path: 'shop/cart.py' }], notices: [UNLISTED] })
  })

  it('applies to the whole search: what can be opened in time is searched as usual', async () => {
    const [repository, commit] = [tinyRepository(), at('HEAD')]
    const free = await search({ repository, commit })
    const held = await search({ repository, commit, budget: { deadlineMs: PATIENCE_MS } })
    const { stats: _free, ...expected } = free
    const { stats: _held, ...found } = held
    expect(found).toEqual(expected)
  })

  it("doesn't hide why a repository can't be opened", async () => {
    const budget = { deadlineMs: PATIENCE_MS }
    await expect(search({ repository: '/nowhere', commit: at('HEAD'), budget })).rejects.toMatchObject({
      code: 'repository-missing',
    })
    await expect(search({ repository: tinyRepository(), commit: at('no'), budget })).rejects.toMatchObject({
      code: 'unknown-commit',
    })
    await expect(search({ repository: hanging(), budget: { deadlineMs: -1 } })).rejects.toMatchObject({
      code: 'bad-argument',
    })
  })
})

describe('an abort', () => {
  it('ends the opening with its reason', async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 300)
    const searching = search({ repository: hanging(), commit: at('HEAD'), signal: controller.signal })
    await expect(searching).rejects.toBe(reason)
    await expect(search({ repository: hanging(), commit: at('HEAD'), signal: controller.signal })).rejects.toBe(reason)
  })

  it('still ends the search after the opening', async () => {
    const reason = new Error('enough')
    const controller = new AbortController()
    const onEvent = ({ kind }: RunEvent): void => {
      if (kind === 'turn-decided') controller.abort(reason)
    }
    const options = { repository: tinyRepository(), commit: at('HEAD'), signal: controller.signal, onEvent }
    await expect(search(options)).rejects.toBe(reason)
  })
})

describe('a pipe in place of a file of git', () => {
  it.each(['HEAD', 'packed-refs', 'objects/info/alternates', 'config'])('%s costs no time', async (name) => {
    const refused = { code: 'repository-unreadable', message: expect.stringContaining(`${name} isn't a regular file`) }
    await expect(search({ repository: piped(name), commit: at('HEAD') })).rejects.toMatchObject(refused)
    const result = await search({ repository: piped(name), tools: ALL_TOOLS })
    expect(result).toMatchObject({ stoppedBy: 'answer', files: [{ path: 'shop/cart.py' }] })
    expect(result.notices.join()).toMatch(/There is no history: .*isn't a regular file/)
  })

  it("doesn't prevent a search of the folder if .git itself is a pipe", async () => {
    const repository = writeFiles(temporaryFolder(), SHOP)
    execFileSync('mkfifo', [join(repository, '.git')])
    const notices = [expect.stringMatching(/^Searched without history: .*isn't a regular file/)]
    expect(await search({ repository })).toMatchObject({ files: [{ path: 'shop/cart.py' }], notices })
    await expect(search({ repository, commit: at('HEAD') })).rejects.toMatchObject({ code: 'repository-unreadable' })
  })

  it('as an ignore file ends a search at once, or soon', async () => {
    for (const name of ['.gitignore', 'shop/.ignore', 'tests/.rgignore']) {
      const repository = tinyRepository()
      execFileSync('mkfifo', [join(repository, name)])
      const refused = { code: 'repository-unreadable', message: expect.stringContaining(name) }
      await expect(search({ repository }), name).rejects.toMatchObject(refused)
    }
  })
})

describe('git’s own files', () => {
  it('are refused as repository and as path, by any name and interface', async () => {
    const repository = tinyRepository()
    symlinkSync('.git', join(repository, 'link'))
    const refused = { code: 'bad-argument' }
    for (const place of ['.git', '.git/', '.GIT', '.git/refs', 'git~1', 'link', 'shop/../.git']) {
      await expect(search({ repository: join(repository, place) }), place).rejects.toMatchObject(refused)
      await expect(search({ repository, path: place }), place).rejects.toMatchObject(refused)
      const calls = [{ tool: 'grep', arguments: { pattern: 'repositoryformatversion' } }] as const
      const workspace = createWorkspace({ repository: join(repository, place) })
      await expect(workspace.search(calls), place).rejects.toMatchObject(refused)
      await workspace.close()
    }
    for (const place of ['.git', 'link']) {
      const commit = at('HEAD')
      await expect(search({ repository: join(repository, place), commit }), place).rejects.toMatchObject(refused)
    }
  })
})

describe('a git directory elsewhere', () => {
  it('is reported once, for a commit and for the history', async () => {
    const [folder, trees] = [tinyRepository(), temporaryFolder()]
    const linked = join(trees, 'linked')
    git(folder, 'worktree', 'add', '--quiet', '-b', 'other', linked)
    const said = [`The .git of ${linked} leads outside it, so its commits are read from ${folder}/.git.`]
    const options = { repository: linked }
    expect((await search({ ...options, commit: at('HEAD') })).notices).toEqual(said)
    expect((await search(options)).notices).toEqual(said)
    expect((await search({ repository: linked, tools: PAPER_TOOLS })).notices).toEqual([])
  })
})
