import { renameSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { Semaphore } from 'fusesearch/core'
import { PROGRAM_LIMITS, type Workspace } from 'fusesearch/search'
import { expect, onTestFinished, test } from 'vitest'
import { SHOP, temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { KeptWorkspaces } from './kept-workspaces.ts'

function keep(places?: Semaphore): KeptWorkspaces {
  const workspaces = new KeptWorkspaces(places)
  onTestFinished(() => workspaces.close())
  return workspaces
}

const filesOf = ({ tree }: Workspace): Promise<readonly string[]> => tree.listFiles()

test('users of a snapshot share its cache, at once and one after the other', async () => {
  const workspaces = keep()
  const root = writeFiles(temporaryFolder(), SHOP)
  const [first, second] = await Promise.all([workspaces.open({ root }), workspaces.open({ root })])
  expect(second.tree).toBe(first.tree)
  expect(await filesOf(first)).toHaveLength(5)
  await first.close()
  await first.close()
  const calls = [{ tool: 'glob', arguments: { patterns: ['**'] } }] as const
  const options = { limits: PROGRAM_LIMITS, bytesLeft: 10_000, signal: new AbortController().signal }
  // Closing twice by one user leaves it open for the other.
  expect((await second.runTurn(calls, options)).observations[0]).toMatchObject({ ok: true, total: 5 })
  await second.close()
  const third = await workspaces.open({ root })
  expect(third.tree).toBe(first.tree)
  expect((await third.runTurn(calls, options)).observations[0]).toMatchObject({ ok: true })
  const other = await workspaces.open({ root, ignoreRules: 'none' })
  expect(other.tree).not.toBe(first.tree)
})

test('closes the least recently used ones', async () => {
  const workspaces = keep()
  const [first, ...others] = Array.from({ length: 40 }, () => writeFiles(temporaryFolder(), { 'a.py': 'a\n' }))
  if (first === undefined) throw new Error('no folder')
  const opened = await workspaces.open({ root: first })
  await opened.close()
  for (const root of others) await (await workspaces.open({ root })).close()
  const again = await workspaces.open({ root: first })
  expect(again.tree).not.toBe(opened.tree)
  const latest = others.at(-1) ?? ''
  const [one, two] = [await workspaces.open({ root: latest }), await workspaces.open({ root: latest })]
  expect(one.tree).toBe(two.tree)
})

test('turns wait for a place', async () => {
  const places = new Semaphore({ places: 1 })
  const workspaces = keep(places)
  const workspace = await workspaces.open({ root: writeFiles(temporaryFolder(), SHOP) })
  const leave = await places.enter(new AbortController().signal)
  let isDone = false
  const options = { limits: PROGRAM_LIMITS, bytesLeft: 10_000, signal: new AbortController().signal }
  const turn = workspace
    .runTurn([{ tool: 'glob', arguments: { patterns: ['**'] } }], options)
    .finally(() => (isDone = true))
  await delay(50)
  expect(isDone).toBe(false)
  leave()
  expect((await turn).observations).toHaveLength(1)
})

test('opens a folder again that was removed before or during use, and repeats the work', async () => {
  const workspaces = keep()
  const home = temporaryFolder()
  const root = `${home}/snapshot`
  let found = 0
  const find = async (isGone: boolean): Promise<{ readonly root: string }> => {
    if (isGone || found === 0) writeFiles(root, SHOP)
    found += 1
    return { root }
  }
  await workspaces.use({ find, work: filesOf })
  rmSync(root, { recursive: true })
  expect(await workspaces.use({ find, work: filesOf })).toHaveLength(5)
  expect(found).toBe(3)
  let rounds = 0
  const above = await workspaces.use({
    find,
    async work({ tree }) {
      rounds += 1
      if (rounds === 1) renameSync(root, `${home}/aside`)
      return tree.listFilesAbove({ maxFileBytes: 1, unwanted: [] })
    },
  })
  expect([rounds, above.length]).toEqual([2, 4])
})

test("passes on the error of a snapshot that can't be opened, and of failing work", async () => {
  const workspaces = keep()
  const root = writeFiles(temporaryFolder(), SHOP)
  const find = async (): Promise<{ readonly root: string }> => ({ root })
  const missing = async (): Promise<{ readonly root: string }> => ({ root: `${root}/nothing` })
  await expect(workspaces.use({ find: missing, work: filesOf })).rejects.toMatchObject({ code: 'repository-missing' })
  await expect(workspaces.use({ find, work: () => Promise.reject(new Error('mine')) })).rejects.toThrow('mine')
  expect(await workspaces.use({ find, work: filesOf })).toHaveLength(5)
})
