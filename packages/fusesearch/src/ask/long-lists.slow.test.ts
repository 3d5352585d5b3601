import { expect, it } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { findSymbols, findUsages } from './index.ts'

/** A function takes some 120,000 arguments at most. */
const MANY = 150_000

it('counts more usages in one file than a function can have arguments', async () => {
  const repository = writeFiles(temporaryFolder(), { 'a.js': `function use() {}\n${'use\n'.repeat(MANY)}` })
  const { usages, omitted } = await findUsages({ repository, name: 'use' })
  expect(usages.length + omitted).toBe(MANY)
})

it("reads a notebook's cell of more lines than a function can have arguments", async () => {
  const source = ['def widget(): pass\n', ...Array.from({ length: MANY }, () => '\n')]
  const notebook = JSON.stringify({ cells: [{ cell_type: 'code', source }], metadata: {} })
  const repository = writeFiles(temporaryFolder(), { 'a.ipynb': notebook })
  const { symbols } = await findSymbols({ repository, name: 'widget' })
  expect(symbols).toMatchObject([{ path: 'a.ipynb', kind: 'function' }])
})
