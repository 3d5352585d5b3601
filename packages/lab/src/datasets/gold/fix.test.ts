import { ObjectReader, repositoryAt } from 'fusesearch/git'
import { describe, expect, it } from 'vitest'
import { commitAll, git, tinyRepository, writeFiles } from '../../../../../test/support/folder.ts'
import type { Instance } from '../instance.ts'
import { goldOf } from './fix.ts'

const BEFORE = 'class Cart:\n    def total(self):\n        return 1\n\n    def add(self):\n        pass\n'
const place = { id: 'o__r-1', repo: 'o/r', issue: 'wrong total', source: 'data.jsonl', line: 1 }
const head = (folder: string): string => git(folder, 'rev-parse', 'HEAD').trim()

/** A base commit, and a fix that changes a method, moves a file and adds a test. */
function fixedRepository(): { folder: string; base: string; fix: string } {
  const folder = tinyRepository({ 'cart.py': BEFORE, 'old name.txt': 'kept\nas\nit\nis\n' })
  const base = head(folder)
  git(folder, 'mv', 'old name.txt', 'new name.txt')
  writeFiles(folder, {
    'cart.py': BEFORE.replace('return 1', 'return 2'),
    'tests/test_cart.py': 'def test_total(): pass\n',
  })
  commitAll(folder, 'fix')
  return { folder, base, fix: head(folder) }
}

async function gold(folder: string, instance: Partial<Instance>) {
  using objects = new ObjectReader(await repositoryAt({ path: folder, environment: process.env }))
  return await goldOf({ ...place, ...instance }, objects)
}

const TOTAL = { path: 'cart.py', name: 'Cart.total', startLine: 2, endLine: 3 }

describe('goldOf', () => {
  it("uses the first parent of a fix as its base, and leaves out the fix's tests", async () => {
    const { folder, base, fix } = fixedRepository()
    const found = await gold(folder, { fixCommit: fix })
    expect(found.baseCommit).toBe(base)
    expect(found.gold).toMatchObject({ functions: [TOTAL], addsFile: false, addsFunction: false, kept: true })
    expect([...found.gold.files].sort()).toEqual(['cart.py', 'old name.txt'])
  })

  it('reads the base of a patch from the commit, not from the work tree', async () => {
    const { folder, base, fix } = fixedRepository()
    const patch = git(folder, 'diff', base, fix, '--', 'cart.py')
    expect((await gold(folder, { baseCommit: base, patch })).gold).toMatchObject({ functions: [TOTAL], kept: true })
    await expect(gold(folder, { baseCommit: fix, patch })).rejects.toMatchObject({ code: 'bad-patch' })
  })

  it('maps declared names to ranges, exact ones first; missing ones count as added', async () => {
    const { folder, base } = fixedRepository()
    const declare = (...names: string[]) => ({
      baseCommit: base,
      declared: { files: ['cart.py'], added: [], functions: names.map((name) => ({ path: 'cart.py', name })) },
    })
    expect((await gold(folder, declare('shop::Cart::total'))).gold).toMatchObject({ functions: [TOTAL], kept: true })
    expect((await gold(folder, declare('total'))).gold.functions).toEqual([TOTAL])
    expect((await gold(folder, declare('Cart.total', 'Cart.fresh'))).gold).toMatchObject({
      functions: [TOTAL],
      addsFunction: true,
      kept: false,
    })
  })

  it.each(['2264', 'main', '0'.repeat(40)])('says that %j is no commit to search', async (baseCommit) => {
    const { folder } = fixedRepository()
    await expect(gold(folder, { baseCommit, patch: 'x' })).rejects.toMatchObject({ code: 'unknown-commit' })
  })
})
