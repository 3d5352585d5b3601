import { expect, it } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { evaluateQuestions } from './evaluate.ts'
import { choosePairs, questionPairs, readDocumentedTree } from './pairs.ts'

const FILES = {
  'shop/cart.py':
    'class ShoppingCart:\n    def apply_discount(self, percent):\n        return percent\n\n\ndef parse_coupon(text):\n    """Reads the printed code of a voucher."""\n    return text\n',
  'shop/ledger.py': 'def write_ledger(rows):\n    return rows\n',
  'tests/test_cart.py': 'def check_everything_twice():\n    pass\n',
  'docs/guide.rst':
    'Guide\n=====\n\nUse :func:`shop.cart.parse_coupon` to turn the printed code of a voucher into something that a customer can quickly redeem later.\n\n' +
    'The method ``ShoppingCart.apply_discount`` lowers every price of the customer basket by some percentage, rounded towards zero.\n\n' +
    'Both `parse_coupon` and `write_ledger` are named in this long sentence about vouchers and books, so nobody knows which.\n\n' +
    '.. code-block:: python\n\n    `write_ledger` stands in a block of code that has many more words than a question needs\n\n' +
    'Short `write_ledger`.\n\nHere `write_ledger` points at words that another sentence of the same page has said before.\n',
  'CHANGES.md':
    'Added `write_ledger`, which stores bookkeeping rows of the shop inside an append only paper journal.\n',
}

it('makes questions from sentences that name one definition, without the name', async () => {
  const tree = await readDocumentedTree(writeFiles(temporaryFolder(), FILES))
  expect(tree.code.map(({ name }) => name)).toEqual([
    'ShoppingCart',
    'ShoppingCart.apply_discount',
    'parse_coupon',
    'write_ledger',
  ])
  const pairs = questionPairs(tree)
  expect(pairs.map(({ question, gold, document }) => [question, gold[0]?.name, document])).toEqual([
    [
      'Use to turn the printed code of a voucher into something that a customer can quickly redeem later.',
      'parse_coupon',
      'docs/guide.rst',
    ],
    [
      'The method lowers every price of the customer basket by some percentage, rounded towards zero.',
      'ShoppingCart.apply_discount',
      'docs/guide.rst',
    ],
  ])
  expect(choosePairs([pairs, pairs], { count: 3, perPlace: 1, order: (items) => [...items] })).toEqual([
    pairs[0],
    pairs[0],
    pairs[1],
  ])
})

it("compares ask with BM25 on them, and leaves out the question's document", async () => {
  const root = writeFiles(temporaryFolder(), FILES)
  const signal = new AbortController().signal
  const report = await evaluateQuestions({ repositories: [{ name: 'a/b', root }], count: 10, seed: 1, signal })
  expect(report).toMatchObject({ questions: 2, byRepository: { 'a/b': 2 } })
  const { development, heldOut } = report.rates
  // The docstring has the voucher's words; only the document describes the discount.
  expect(development['bm25-code']).toEqual({ questions: 2, hit1: 50, hit5: 50, file5: 100 })
  expect(development.ask).toMatchObject({ questions: 2, hit5: 50 })
  expect(heldOut.ask.questions).toBe(0)

  const copies = ['b', 'c', 'd', 'e', 'f'].map((name) => ({ name: `a/${name}`, root }))
  const { rates } = await evaluateQuestions({ repositories: copies, count: 10, seed: 1, signal })
  expect([rates.development.ask.questions, rates.heldOut.ask.questions]).toEqual([9, 1])
})
