import { expect, it } from 'vitest'
import { SHOP, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { findSymbols, findUsages } from './index.ts'

const FILES = {
  ...SHOP,
  'shop/order.py':
    'from shop.cart import Cart\n\nTOTAL = 1\n\n\ndef total(cart):\n    # total of the cart\n    return cart.total()\n',
  'ci.yml': 'jobs:\n  total:\n    steps: []\n',
  'web/cart.ts': 'export class Cart {\n  total(): number {\n    return 1\n  }\n}\n',
}

it('finds the definitions of a name in every type of file: functions first, blocks last, with kinds and ranges', async () => {
  const { symbols, notices } = await findSymbols({ repository: tinyRepository(FILES), name: 'total' })
  expect(
    symbols.map(({ path, name, kind, startLine, endLine }) => `${path}:${startLine}-${endLine} ${kind} ${name}`),
  ).toEqual([
    'shop/cart.py:16-17 function Cart.total',
    'shop/order.py:6-8 function total',
    'web/cart.ts:2-4 function Cart.total',
    'ci.yml:2-3 function jobs.total',
  ])
  expect(symbols[0]?.text).toBe('def total(self):')
  expect(notices).toEqual([])
  // Look-ups of names don't use earlier commits, so a folder without commits needs no notice.
  expect((await findSymbols({ repository: writeFiles(temporaryFolder(), FILES), name: 'total' })).notices).toEqual([])
})

it.each([
  ['Cart.total', ['shop/cart.py', 'web/cart.ts']],
  ['Cart::total', ['shop/cart.py', 'web/cart.ts']],
  ['cart.TOTAL()', []],
])('takes qualified names in any spelling: %s', async (name, paths) => {
  const { symbols } = await findSymbols({ repository: writeFiles(temporaryFolder(), FILES), name })
  expect(symbols.map(({ path }) => path)).toEqual(paths)
})

it('narrows by kind, folder and limit, and says what is left', async () => {
  const repository = writeFiles(temporaryFolder(), FILES)
  const typed = await findSymbols({ repository, name: 'cart', kinds: ['class'], ignoreCase: true })
  expect(typed.symbols.map(({ path }) => path)).toEqual(['shop/cart.py', 'web/cart.ts'])
  const inside = await findSymbols({ repository, path: 'shop', name: 'total', limit: 1 })
  expect(inside).toMatchObject({ symbols: [{ path: 'shop/cart.py' }], omitted: 1 })
})

it('names what comes nearest where nothing is defined, and refuses what is no name', async () => {
  const repository = tinyRepository()
  const { symbols, suggestions } = await findSymbols({ repository, name: 'aply_discount' })
  expect(symbols).toEqual([])
  expect(suggestions.join()).toContain('apply_discount')
  for (const name of ['', ' \n', 'a\nb', 'x'.repeat(400)]) {
    await expect(findSymbols({ repository, name })).rejects.toMatchObject({ code: 'bad-argument' })
  }
})

it('finds a definition that no line gives away', async () => {
  const repository = writeFiles(temporaryFolder(), { 'a.py': 'def \\\n  hidden(x):\n    return x\n' })
  expect((await findSymbols({ repository, name: 'hidden' })).symbols).toMatchObject([{ path: 'a.py', startLine: 1 }])
})

it('finds uses, told apart from definitions, comments and strings, each with the function around it', async () => {
  const repository = writeFiles(temporaryFolder(), FILES)
  const { usages, counts, notices } = await findUsages({ repository, name: 'Cart.total' })
  expect(usages.map(({ path, line, column, kind, inside }) => `${path}:${line}:${column} ${kind} ${inside}`)).toEqual([
    'shop/cart.py:14:21 use Cart.apply_discount',
    'shop/order.py:8:17 use total',
    'tests/test_cart.py:5:19 use test_total_of_empty_cart',
  ])
  expect(counts).toEqual({ use: 3, import: 0, mention: 0, definition: 4, comment: 1, string: 0 })
  expect(notices).toEqual([expect.stringContaining('names are not resolved')])
  const all = await findUsages({ repository, name: 'total', kinds: ['comment', 'definition'], limit: 2 })
  expect(all).toMatchObject({ usages: [{ kind: 'definition' }, { kind: 'definition' }], omitted: 3 })
})
