import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SHOP, temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { type Answer, EMPTY_ANSWER } from '../agent/index.ts'
import { openTree, type Tree } from '../search/index.ts'
import { checkAnswer } from './check-answer.ts'

const DISCOUNT = { name: 'Cart.apply_discount', startLine: 10, endLine: 14, score: 0.9 }

async function treeOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<Tree> {
  return openTree({ root: writeFiles(temporaryFolder(), files), ignoreRules: 'respect' })
}

function answerWith(path: string, ...functions: Answer['files'][number]['functions']): Answer {
  const candidates = {
    files: [{ path, score: 1 }],
    // The lines don't contain the name, so its file is parsed.
    functions: functions.map((named) => ({ ...named, startLine: 1, endLine: 1, path })),
  }
  return { ...EMPTY_ANSWER, files: [{ path, score: 1, functions, evidence: [] }], candidates, confidence: 0.5 }
}

/** As UTF-16 with a byte order mark and Windows line ends. */
function utf16(text: string, order: 'be' | 'le'): Buffer {
  const bytes = Buffer.from(`\uFEFF${text.replaceAll('\n', '\r\n')}`, 'utf16le')
  return order === 'le' ? bytes : bytes.swap16()
}

it.each([
  ['UTF-16 LE', utf16(SHOP['shop/cart.py'], 'le')],
  ['UTF-16 BE', utf16(SHOP['shop/cart.py'], 'be')],
  ['UTF-8 with a byte order mark', Buffer.from(`\uFEFF${SHOP['shop/cart.py']}`)],
  ['Latin-1', Buffer.from(`# caf\u00e9${SHOP['shop/cart.py']}`, 'latin1')],
])('keeps the functions of a file in %s, with the right lines', async (_, cart) => {
  const tree = await treeOf({ 'cart.py': cart })
  const { answer, notices } = await checkAnswer(answerWith('cart.py', DISCOUNT), { tree })
  expect(answer.files[0]?.functions).toEqual([DISCOUNT])
  expect(answer.candidates.functions).toEqual([{ ...DISCOUNT, path: 'cart.py' }])
  expect(notices).toEqual([
    "Cart.apply_discount in cart.py: lines corrected to those of the definition, because the policy's were wrong.",
  ])
})

it('drops a file that disappears while the answer is checked, with everything about it', async () => {
  const tree = await treeOf(SHOP)
  let looks = 0
  const absolutePath: Tree['absolutePath'] = (path) => {
    // It exists when the answer's files are opened, and is gone when the first of them is read.
    if (++looks === 2) rmSync(join(tree.root, 'shop/cart.py'))
    return tree.absolutePath(path)
  }
  const { answer, notices } = await checkAnswer(answerWith('shop/cart.py', DISCOUNT), {
    tree: { ...tree, absolutePath },
  })
  expect(answer).toEqual({ ...EMPTY_ANSWER, confidence: 0 })
  expect(notices).toEqual([
    'shop/cart.py: left out of the answer, because it disappeared while the answer was checked.',
  ])
})

it('says why a file was not searched for functions', async () => {
  const large = `${SHOP['shop/cart.py']}${'# a comment to make it long\n'.repeat(40_000)}`
  const huge = `${large}${'x\n'.repeat(5_000_000)}`
  const tree = await treeOf({ 'large.py': large, 'huge.py': huge })
  const answers = [answerWith('large.py', DISCOUNT), answerWith('huge.py', DISCOUNT)]
  const checked = await Promise.all(answers.map((answer) => checkAnswer(answer, { tree })))
  expect(checked.map(({ answer }) => answer.files.map(({ functions }) => functions))).toEqual([[[]], [[]]])
  const start = 'left out of the answer, because the file was not searched for functions:'
  expect(checked.map(({ notices }) => notices)).toEqual([
    [
      `Cart.apply_discount in large.py: ${start} it has ${large.length} characters, and functions are listed in files of up to 1000000.`,
    ],
    [`Cart.apply_discount in huge.py: ${start} it has more than 10000000 bytes.`],
  ])
})
