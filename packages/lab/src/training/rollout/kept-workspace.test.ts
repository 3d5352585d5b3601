import { renameSync, rmSync } from 'node:fs'
import { openWorkspace } from 'fusesearch/search'
import { expect, test } from 'vitest'
import { SHOP, temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { keepWorkspace } from './kept-workspace.ts'

test('is opened once, when it is used, and again after it was closed', async () => {
  const root = writeFiles(temporaryFolder(), SHOP)
  let opened = 0
  const kept = keepWorkspace(() => {
    opened += 1
    return openWorkspace({ root })
  })
  expect(opened).toBe(0)
  for (let round = 0; round < 3; round++) await kept.use(({ tree }) => tree.listFiles())
  await Promise.all([1, 2].map(() => kept.use(({ tree }) => tree.listFiles())))
  expect(opened).toBe(1)
  await kept.close()
  expect(await kept.use(({ tree }) => tree.listFiles())).toHaveLength(5)
  expect(opened).toBe(2)
  await kept.close()
})

test('a folder that is removed before or while it is used is had again, and the work done anew', async () => {
  const home = temporaryFolder()
  const root = `${home}/snapshot`
  const kept = keepWorkspace(() => openWorkspace({ root: writeFiles(root, SHOP) }))
  await kept.use(({ tree }) => tree.listFiles())
  rmSync(root, { recursive: true })
  expect(await kept.use(({ tree }) => tree.listFiles())).toHaveLength(5)
  let rounds = 0
  const found = await kept.use(async ({ tree }) => {
    rounds += 1
    if (rounds === 1) renameSync(root, `${home}/aside`)
    return tree.listFilesAbove({ maxFileBytes: 1, unwanted: [] })
  })
  expect([rounds, found.length]).toEqual([2, 4])
  await kept.close()
})

test('one that cannot be opened, and work that fails, are the errors that they are', async () => {
  const root = writeFiles(temporaryFolder(), SHOP)
  let isThere = false
  const kept = keepWorkspace(() => openWorkspace({ root: isThere ? root : `${root}/nothing` }))
  await expect(kept.use(({ tree }) => tree.listFiles())).rejects.toMatchObject({ code: 'repository-missing' })
  isThere = true
  await expect(kept.use(() => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
  expect(await kept.use(({ tree }) => tree.listFiles())).toHaveLength(5)
  await kept.close()
})
