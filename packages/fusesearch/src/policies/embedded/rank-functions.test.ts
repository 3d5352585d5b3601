import { describe, expect, test } from 'vitest'
import {
  counted,
  functionScores,
  named,
  near,
  read,
  type Step,
  searched,
  weighing,
} from '../../../../../test/support/searched.ts'
import type { FileWeights, FunctionWeights } from './weights.ts'

interface Said {
  readonly issue: string
  readonly file?: Partial<FileWeights>
}

/** Scores of the functions when this feature alone counts: the feature itself. */
async function featureOf(
  feature: keyof FunctionWeights,
  { issue, file = {} }: Said,
  ...turns: readonly (readonly Step[])[]
): Promise<Readonly<Record<string, number>>> {
  return functionScores(await searched({ issue, weights: weighing({ file, function: { [feature]: 1 } }) }, ...turns))
}

describe('words of the issue in the body', () => {
  // The stress of a word: 3 · 0.7 in the title, 1 · 0.7 in the text; so 3 to 3 to 1 for basket, drift and coupon.
  const issue = 'basket drifts\n\nthe coupon and the violin'
  // Six tokens each, and each word in one of them: no length and no rarity matters. The violin is in none.
  const text = [
    'def one():',
    '    basket(coupon, coupon, coupon)',
    'def two():',
    '    drifts(drift, a, b)',
    'def three():',
    '    pick(a, b, c)',
  ].join('\n')

  test('lexical: the stressed share of the terms, by n / (n + 1.2) of their occurrences', async () => {
    expect(await featureOf('lexical', { issue }, [read('a.py', text)])).toEqual(
      near({ 'a.py one': (3 / 2.2 + 3 / 4.2) / 7, 'a.py two': (3 * 2) / 3.2 / 7, 'a.py three': 0 }),
    )
  })

  test('titleLexical: lexical over the terms of the title alone', async () => {
    expect(await featureOf('titleLexical', { issue }, [read('a.py', text)])).toEqual(
      near({ 'a.py one': 1 / 2.2 / 2, 'a.py two': 2 / 3.2 / 2, 'a.py three': 0 }),
    )
    const without = [read('a.py', 'def one():\n    coupon()\n')]
    expect(await featureOf('titleLexical', { issue }, without)).toEqual({ 'a.py one': 0 })
    expect(await featureOf('lexical', { issue: 'nothing said' }, without)).toEqual({ 'a.py one': 0 })
  })

  test('an occurrence says more in a function that is shorter than the mean', async () => {
    // Tokens: 3 and 9, 6 on average. The norm is 1.2 · (0.65 + 0.35 · tokens / mean).
    const turn = [read('a.py', 'def short():\n    basket()\ndef long():\n    basket(a, b, c, d, e, f)\n')]
    expect(await featureOf('lexical', { issue }, turn)).toEqual(
      near({ 'a.py short': 1 / (1 + 1.2 * 0.825), 'a.py long': 1 / (1 + 1.2 * 1.175) }),
    )
  })

  test('a term that few functions and few files hold counts more', async () => {
    const found = [counted('basket', { 'a.py': 1 }, 10)]
    const turn = [read('a.py', 'def one():\n    basket(a, b, c)\ndef two():\n    basket(drift, b, c)\n')]
    // Half by the functions, half by the files; 3 stands for a word that was not searched.
    const basket = (Math.log(1 + 2 / 2.5) + Math.log(1 + 1000 / 10.5)) / 2
    const drift = (Math.log(1 + 2 / 1.5) + 3) / 2
    expect(await featureOf('lexical', { issue }, found, turn)).toEqual(
      near({ 'a.py one': basket / 2.2 / (basket + drift), 'a.py two': 1 / 2.2 }),
    )
  })

  test('the weights of traits multiply the stress of a term', async () => {
    // Once in the title: the trait is ln 2, so a weight of 1 doubles the stress. 6 to 1.
    const weights = weighing({ function: { lexical: 1 }, term: { title: 1 } })
    const turn = [read('a.py', 'def one():\n    basket()\ndef two():\n    coupon()\n')]
    expect(functionScores(await searched({ issue, weights }, turn))).toEqual(
      near({ 'a.py one': 6 / 7 / 2.2, 'a.py two': 1 / 7 / 2.2 }),
    )
  })

  test('what stands in an inner function is not the outer one’s', async () => {
    const nested = 'def outer():\n    def inner():\n        basket()\n    return coupon\n'
    const scores = await featureOf('titleLexical', { issue }, [read('a.py', nested)])
    expect(scores['a.py outer']).toBe(0)
    // Tokens: outer 4, inner 3.
    expect(scores['a.py outer.inner']).toBeCloseTo(1 / (1 + 1.2 * (0.65 + (0.35 * 3) / 3.5)), 9)
  })
})

describe('names', () => {
  // Stress: add_line (3 + 2) · 2 as code in the title, drop_line and Ledger.trim 2 · 2 and 2 · 1 as code in the text.
  const issue = '`add_line` fails\n\nso do `drop_line` and `Ledger.trim`'

  test('name: the stress of its own name, less for one that several read functions have', async () => {
    const turn = [
      read('a.py', 'def add_line():\n    pass\ndef drop_line():\n    pass\ndef other():\n    pass\n'),
      read('b.py', 'class Cart:\n    def add_line(self):\n        pass\n'),
    ]
    expect(await featureOf('name', { issue }, turn)).toEqual(
      near({
        'a.py add_line': 1 / Math.SQRT2,
        'b.py Cart.add_line': 1 / Math.SQRT2,
        'a.py drop_line': 0.4,
        'a.py other': 0,
      }),
    )
  })

  test('nameParts: the stress of the words in its name over the root of their number, at most 1', async () => {
    const turn = [
      read(
        'a.py',
        ['basket', 'coupon_rules', 'basket_coupon', 'basket_drifts'].map((name) => `def ${name}(): x`).join('\n'),
      ),
    ]
    expect(await featureOf('nameParts', { issue: 'basket drifts\n\nthe coupon' }, turn)).toEqual(
      near({
        'a.py basket': 1,
        'a.py coupon_rules': 1 / 3 / Math.SQRT2,
        'a.py basket_coupon': 4 / 3 / Math.SQRT2,
        'a.py basket_drifts': 1,
      }),
    )
  })

  test('className: the stress of the class around it, or half that of the words in its name', async () => {
    const turn = [
      read('a.py', 'class Box:\n    class Ledger:\n        def sum(self):\n            pass\n'),
      read('b.py', 'class AnyTrim:\n    def sum(self):\n        pass\ndef trim():\n    pass\n'),
    ]
    // Ledger has a stress of 2 · 1 of 10; its word 2 · 0.35 as a part. The words of AnyTrim: trim alone, 2 · 0.35.
    expect(await featureOf('className', { issue }, turn)).toMatchObject(
      near({ 'a.py Box.Ledger.sum': 0.2, 'b.py AnyTrim.sum': (0.5 * 0.07) / Math.SQRT2, 'b.py trim': 0 }),
    )
    const words = { issue: 'basket drifts' }
    const basket = [read('c.py', 'class Basket:\n    def sum(self):\n        pass\n')]
    expect(await featureOf('className', words, basket)).toMatchObject(near({ 'c.py Basket.sum': 0.5 }))
  })

  test('qualified: the issue names both the function and its class', async () => {
    const turn = [
      read('a.py', 'class Ledger:\n    def trim(self):\n        pass\n    def sum(self):\n        pass\n'),
      read('b.py', 'class Box:\n    def trim(self):\n        pass\ndef add_line():\n    pass\n'),
    ]
    expect(await featureOf('qualified', { issue }, turn)).toMatchObject({
      'a.py Ledger.trim': 1,
      'a.py Ledger.sum': 0,
      'b.py Box.trim': 0,
      'b.py add_line': 0,
    })
  })

  test('dunder: a special method that the issue does not name', async () => {
    const turn = [
      read(
        'a.py',
        'class A:\n    def __len__(self):\n        pass\n    def __add__(self):\n        pass\n    def __x(self):\n        pass\n',
      ),
    ]
    expect(await featureOf('dunder', { issue: 'it drifts\n\nin `__add__`' }, turn)).toEqual({
      'a.py A.__len__': 1,
      'a.py A.__add__': 0,
      'a.py A.__x': 0,
    })
  })

  test('a constructor that bears its class’s name is not named by a mention of the class', async () => {
    const said = { issue: '`ZipFile.openStream` is slow' }
    const turn = [read('ZipFile.java', 'class ZipFile {\n  ZipFile() {}\n  void openStream() {}\n}\n')]
    const [constructor, method] = ['ZipFile.java ZipFile.ZipFile', 'ZipFile.java ZipFile.openStream']
    for (const feature of ['name', 'qualified'] as const) {
      expect(await featureOf(feature, said, turn)).toMatchObject({ [constructor]: 0, [method]: 1 })
    }
    expect(await featureOf('className', said, turn)).toMatchObject({ [constructor]: 1, [method]: 1 })
  })
})

describe('places', () => {
  const text = [
    'def add():',
    '    pass',
    '',
    'def drop():',
    '    pass',
    '',
    'def swap():',
    '    pass',
    '',
    'def mix():',
    '    pass',
  ].join('\n')

  test('frame: by name, or 0.6 by line alone; less the farther it is from the failure', async () => {
    const issue = [
      'it drifts',
      '',
      // The line is that of another version: the name says which function it is.
      '  File "/x/site-packages/shop/lines.py", line 90, in Cart.drop',
      '  File "/x/site-packages/shop/other.py", line 11, in mix',
      '  File "/x/site-packages/shop/lines.py", line 2, in <module>',
    ].join('\n')
    expect(await featureOf('frame', { issue }, [read('shop/lines.py', text)])).toEqual(
      near({
        'shop/lines.py add': 0.6,
        'shop/lines.py drop': 1 / 1.7,
        'shop/lines.py swap': 0,
        'shop/lines.py mix': 0,
      }),
    )
  })

  test.each([
    [3, 0, 0],
    [4, 0.6, 0.9],
    [6, 0.6, 0.9],
    [7, 0, 0],
  ])(
    'frame: line %i, for a function from 4 to 6, gives %f by a frame and %f by a path',
    async (line, byFrame, byPath) => {
      const turn = [read('lines.py', '\n\n\ndef drop():\n    a\n    b\n\n')]
      const frame = { issue: `it drifts\n\n  File "lines.py", line ${line}, in <lambda>` }
      expect(await featureOf('frame', frame, turn)).toEqual({ 'lines.py drop': byFrame })
      expect(await featureOf('frame', { issue: `it drifts at lines.py:${line}` }, turn)).toEqual({
        'lines.py drop': byPath,
      })
      expect(await featureOf('frame', { issue: `it drifts at other.py:${line}` }, turn)).toEqual({ 'lines.py drop': 0 })
    },
  )

  test('quoted: half for each of its lines that the issue quotes, at most 1', async () => {
    const lines = ['total = basket.sum()', 'total -= coupon.of(total)', 'log.warn("total")']
    const issue = ['it drifts', '```', ...lines, '```'].join('\n')
    const turn = [
      read(
        'a.py',
        ['def one():', lines[1], 'def two():', ...lines, 'def three():', 'log.warn("other")']
          .map((line = '') => (line.startsWith('def') ? line : `    ${line}`))
          .join('\n'),
      ),
    ]
    expect(await featureOf('quoted', { issue }, turn)).toEqual({ 'a.py one': 0.5, 'a.py two': 1, 'a.py three': 0 })
  })

  test('file: the score of its file over that of the best one that was read, never below 0', async () => {
    // By the name alone: basket 1, coupon 1/3; examples lose more than they have.
    const said = { issue: 'basket drifts\n\nthe coupon', file: { baseName: 2, notSource: -3 } }
    const one = 'def one():\n    pass\n'
    const turn = [
      read('basket.py', one),
      read('coupon.py', one),
      read('examples/basket.py', one),
      named('lib/basket.py'),
    ]
    expect(await featureOf('file', said, turn)).toEqual(
      near({ 'basket.py one': 1, 'coupon.py one': 1 / 3, 'examples/basket.py one': 0 }),
    )
  })

  test('neighbour: how near it is to the best functions', async () => {
    // All score alike, so the ranks are those of the lines. What is called gets 0.7, its own name 0.5 of 1, 2/3, 1/2.
    const calls = 'def first():\n    second()\ndef second():\n    third()\ndef third():\n    pass\n'
    expect(await featureOf('neighbour', { issue: 'it drifts' }, [read('a.py', calls)])).toEqual(
      near({ 'a.py first': 0.5, 'a.py second': 0.7, 'a.py third': (0.7 * 2) / 3 }),
    )
  })

  test('size: the logarithm of its tokens over that of a thousand, at most 1', async () => {
    const turn = [read('a.py', `def short():\n    pass\n\ndef long():\n    ${'a b '.repeat(600)}\n`)]
    // Three tokens: def, short, pass.
    expect(await featureOf('size', { issue: 'it drifts' }, turn)).toEqual(
      near({ 'a.py short': Math.log(4) / Math.log(1000), 'a.py long': 1 }),
    )
  })
})

test('a score is the sum of the features, each times its weight', async () => {
  const weights = weighing({ function: { name: 2, nameParts: 0.5, dunder: -3, neighbour: 4 } })
  const turn = [read('a.py', 'def basket():\n    pass\ndef __len__():\n    pass\n')]
  // Their own names are neighbours: 0.5 of the first rank, 0.5 · 2/3 of the second.
  expect(functionScores(await searched({ issue: 'basket()\n\ndrifts', weights }, turn))).toEqual(
    near({ 'a.py basket': 2 + (0.5 * 3 * 0.35) / (3 * 1.6) + 4 * 0.5, 'a.py __len__': -3 + 4 / 3 }),
  )
})

test('the best function comes first, of equals the first by path and line', async () => {
  const one = 'def one():\n    pass\ndef two():\n    pass\n'
  const turn = [read('b.py', one), read('a.py', `${one}\ndef basket():\n    pass\n`)]
  const { functions } = await searched(
    { issue: 'basket drifts', weights: weighing({ function: { nameParts: 1 } }) },
    turn,
  )
  const order = functions.map(({ file, definition }) => `${file.path} ${definition.name}`)
  expect(order).toEqual(['a.py basket', 'a.py one', 'a.py two', 'b.py one', 'b.py two'])
})

test('a neighbour that gains the most comes first', async () => {
  const turn = [read('a.py', 'def first():\n    second()\ndef second():\n    pass\n')]
  const { functions } = await searched({ issue: 'it drifts', weights: weighing({ function: { neighbour: 1 } }) }, turn)
  expect(functions.map(({ definition }) => definition.name)).toEqual(['second', 'first'])
})
