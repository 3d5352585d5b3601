import { describe, expect, test } from 'vitest'
import {
  counted,
  defined,
  fileScores,
  named,
  near,
  past,
  read,
  type SearchedOptions,
  type Step,
  searched,
  weighing,
} from '../../../../../test/support/searched.ts'
import type { FileWeights } from './weights.ts'

/** Scores of the files when this feature alone counts: the feature itself. */
async function featureOf(
  feature: keyof FileWeights,
  { issue, ...options }: Omit<SearchedOptions, 'weights'>,
  ...turns: readonly (readonly Step[])[]
): Promise<Readonly<Record<string, number>>> {
  const weights = weighing({ file: { [feature]: 1 }, function: { name: 1 } })
  return fileScores(await searched({ issue, ...options, weights }, ...turns))
}

describe('words of the issue in the text', () => {
  // The stress of a word: 3 · 0.7 in the title, 1 · 0.7 in the text; so 3 to 3 to 1 for basket, drift and coupon.
  const issue = 'basket drifts\n\nthe coupon, the violin and the parrot'
  const turn = [
    counted('basket', { 'a.py': 1, 'b.py': 1 }),
    counted('drift', { 'b.py': 6, 'c.py': 1 }),
    counted('coupon', { 'a.py': 3, 'c.py': 1 }),
    // Found nowhere; the parrot is not searched. Neither counts.
    counted('violin', {}),
  ]

  test('lexical: the stressed share of the terms, by n / (n + 1.5) of their occurrences', async () => {
    expect(await featureOf('lexical', { issue }, turn)).toEqual(
      near({ 'a.py': (3 * 0.4 + 2 / 3) / 7, 'b.py': (3 * 0.4 + 3 * 0.8) / 7, 'c.py': (3 * 0.4 + 0.4) / 7 }),
    )
  })

  test('coverage: the stressed share of the terms that occur at all', async () => {
    expect(await featureOf('coverage', { issue }, turn)).toEqual(near({ 'a.py': 4 / 7, 'b.py': 6 / 7, 'c.py': 4 / 7 }))
  })

  test('titleLexical: lexical over the terms of the title alone', async () => {
    expect(await featureOf('titleLexical', { issue }, turn)).toEqual(near({ 'a.py': 0.2, 'b.py': 0.6, 'c.py': 0.2 }))
  })

  test('without a term of the title that was found, titleLexical is 0', async () => {
    const found = [counted('coupon', { 'a.py': 1 })]
    expect(await featureOf('titleLexical', { issue }, found)).toEqual({ 'a.py': 0 })
    expect(await featureOf('lexical', { issue }, found)).toEqual(near({ 'a.py': 0.4 }))
  })

  test('a term that few files hold counts more than one that many do, but for coverage', async () => {
    const found = [counted('basket', { 'a.py': 1, 'b.py': 1 }, 9), counted('coupon', { 'b.py': 1 }, 99)]
    const [basket, coupon] = [3 * Math.log(1 + 1000 / 9.5), Math.log(1 + 1000 / 99.5)]
    expect(await featureOf('lexical', { issue }, found)).toEqual(
      near({ 'a.py': (0.4 * basket) / (basket + coupon), 'b.py': 0.4 }),
    )
    expect(await featureOf('coverage', { issue }, found)).toEqual(near({ 'a.py': 3 / 4, 'b.py': 1 }))
  })

  test('the weights of traits multiply the stress of a term', async () => {
    // Once in the title: the trait is ln 2, so a weight of 1 doubles the stress. 6 to 1.
    const found = [counted('basket', { 'a.py': 1 }), counted('coupon', { 'b.py': 1 })]
    const lexical = await searched({ issue, weights: weighing({ file: { lexical: 1 }, term: { title: 1 } }) }, found)
    expect(fileScores(lexical)).toEqual(near({ 'a.py': (6 * 0.4) / 7, 'b.py': 0.4 / 7 }))
    const coverage = await searched({ issue, weights: weighing({ file: { coverage: 1 }, term: { title: 1 } }) }, found)
    expect(fileScores(coverage)).toEqual(near({ 'a.py': 6 / 7, 'b.py': 1 / 7 }))
  })

  test('of a file that was read, the whole text counts', async () => {
    const found = [counted('basket', { 'a.py': 1, 'b.py': 1 })]
    const turns = [found, [read('a.py', 'basket_of_three = Basket + basket\n')]] as const
    expect(await featureOf('lexical', { issue }, ...turns)).toEqual(near({ 'a.py': 3 / 4.5, 'b.py': 0.4 }))
  })
})

describe('names in the path', () => {
  // Stress: basket and drift 2.1, add_line 2, coupon 0.7; a share is that over the greatest.
  const issue = 'basket drifts\n\nthe coupon of add_line'

  test('baseName: the mean share of its parts, or that of the whole name', async () => {
    const turn = [named('coupon.py', 'shop/coupon_rules.py', 'add_line.py', 'basket/x.py', 'basket/__init__.py')]
    expect(await featureOf('baseName', { issue }, turn)).toEqual(
      near({
        'coupon.py': 1 / 3,
        'shop/coupon_rules.py': 1 / 6,
        'add_line.py': 2 / 2.1,
        'basket/x.py': 0,
        'basket/__init__.py': 0,
      }),
    )
  })

  test('spelled: a name of several words, however they are joined; less with one word more', async () => {
    const said = 'the line-width rule reads lineWidth, and not the max_size_of_text or basket'
    const turn = [
      named('LineWidth.kt', 'line_width/x.py', 'line-width-rule.ts', 'MaxSizeOfTextView.java', 'line.py', 'basket.py'),
    ]
    expect(await featureOf('spelled', { issue: said }, turn)).toEqual(
      near({
        'LineWidth.kt': 1,
        'line_width/x.py': 0,
        'line-width-rule.ts': 0.7,
        'MaxSizeOfTextView.java': 0.7,
        'line.py': 0,
        'basket.py': 0,
      }),
    )
  })

  test('folder: the same of the folder that fits best', async () => {
    const turn = [
      named('basket/__init__.py', 'coupon/deep/x.py', 'coupon/basket/x.py', 'drift_rules/x.py', 'basket.py'),
    ]
    expect(await featureOf('folder', { issue }, turn)).toEqual(
      near({
        'basket/__init__.py': 1,
        'coupon/deep/x.py': 1 / 3,
        'coupon/basket/x.py': 1,
        'drift_rules/x.py': 1 / 2,
        'basket.py': 0,
      }),
    )
  })

  test('module: how many parts of a dotted name the path ends with, three at most, from its first on', async () => {
    const turn = [
      named(
        'lib/shop/basket/lines/Line.py',
        'shop/basket/lines.py',
        'shop/basket.py',
        'shop/basket/__init__.py',
        'basket/lines.py',
        'shop/coupon.py',
        'shop.py',
      ),
    ]
    expect(await featureOf('module', { issue: 'drift in shop.basket.lines.Line' }, turn)).toEqual(
      near({
        'lib/shop/basket/lines/Line.py': 1,
        'shop/basket/lines.py': 1,
        'shop/basket.py': 2 / 3,
        'shop/basket/__init__.py': 2 / 3,
        'basket/lines.py': 0,
        'shop/coupon.py': 0,
        'shop.py': 0,
      }),
    )
  })

  test.each([
    ['Please add it to schema.json.', 1],
    ['Please add it to `schema.json`.', 1],
    ['It is strange.\nschema.json should be updated for it.', 1],
    ['Add silent to schema.json', 1],
    ['Our schema.json holds it.', 0.58],
    ['The editor reads schema.json. Please add a hint.', 0.58],
    ['Please add it to schema.json, next to what readme.md says.', 1],
    ['It is in schema.json and readme.md.', 0.29],
    ['```\nadd it to schema.json\n```', 0],
  ])('said: 1 for a file that a sentence asks to change, less for one that is named: %s', async (text, said) => {
    const asked = { issue: `it drifts\n\n${text}` }
    expect(await featureOf('said', asked, [named('shop/schema.json', 'other.py')])).toEqual(
      near({ 'shop/schema.json': said, 'other.py': 0 }),
    )
  })

  test('namedPath: 1 for a path of the issue by its longest match, half where only the last part of several matches, a quarter for settings of tools', async () => {
    const said = { issue: 'it drifts\n\nSee shop/lines.py, utils.py, gone/rules.py, shop/__init__.py and __init__.py' }
    const turn = [
      named('lib/shop/lines.py', 'old/lines.py', 'a/utils.py', 'b/utils.py', 'x/rules.py', 'other.py'),
      read('shop/__init__.py', ''),
      read('old/__init__.py', ''),
    ]
    // A bare name that two files have is worth 1 / √2 in each.
    expect(await featureOf('namedPath', said, turn)).toEqual(
      near({
        'lib/shop/lines.py': 1,
        'old/lines.py': 0,
        'a/utils.py': Math.SQRT1_2,
        'b/utils.py': Math.SQRT1_2,
        'x/rules.py': 0.5,
        'other.py': 0,
        'shop/__init__.py': 1,
        'old/__init__.py': 0,
      }),
    )
    const settings = { issue: 'app/package.json is not read' }
    expect(await featureOf('namedPath', settings, [named('app/package.json')])).toEqual({ 'app/package.json': 0.25 })
  })

  test('frame: the same of a stack’s frames, less the farther they are from the failure', async () => {
    const frames = ['shop/inner.py', 'shop/outer.py', 'gone/rules.py', 'shop/inner.py']
    const lines = frames.map((path) => `  File "/x/site-packages/${path}", line 3, in run`)
    const turn = [named('shop/inner.py', 'old/inner.py', 'shop/outer.py', 'x/rules.py', 'other.py')]
    expect(await featureOf('frame', { issue: ['it drifts', '', ...lines].join('\n') }, turn)).toEqual(
      near({
        'shop/inner.py': 1,
        'old/inner.py': 0,
        'x/rules.py': 0.5 / 1.35,
        'shop/outer.py': 1 / 1.7,
        'other.py': 0,
      }),
    )
  })
})

describe('definitions', () => {
  // Stress of a code-like name: (3 + 2) · 2 as code in the title, 2 · 2 as code in the text.
  const title = ['add_line', 'put_line', 'cut_line', 'mix_line', 'tap_line']
  const issue = `${title.map((name) => `\`${name}\``).join(' ')} fail\n\nso do \`drop_line\` and \`swap_line\``
  const names = [...title, 'drop_line', 'swap_line']

  test('defines: the best name, 0.3 of each further one; less where several files define it, at most 1.5', async () => {
    const swap = { 1: 'def swap_line():' }
    const turn = [
      defined(names, {
        'one.py': { ...swap, 5: 'def drop_line():', 9: 'def drop_line(again):' },
        'two.py': swap,
        'three.py': swap,
        'four.py': swap,
        'five.py': Object.fromEntries(title.map((name, index) => [index + 1, `def ${name}():`])),
      }),
      defined(['helper_line'], { 'six.py': { 1: 'def helper_line():' } }, 'neighbours'),
    ]
    expect(await featureOf('defines', { issue }, turn)).toEqual(
      near({ 'one.py': 0.4 + 0.3 * 0.2, 'two.py': 0.2, 'three.py': 0.2, 'four.py': 0.2, 'five.py': 1.5, 'six.py': 0 }),
    )
  })

  test('defines: two names of the title in one file', async () => {
    const turn = [defined(names, { 'a.py': { 1: 'def add_line():', 2: 'def put_line():' } })]
    expect(await featureOf('defines', { issue }, turn)).toEqual(near({ 'a.py': 1.3 }))
  })

  test('neighbour: how near the names it defines are to the best functions of other files, at most 1', async () => {
    // The best function calls fold and tally, each at 0.7; another add_line may override it, at 0.5.
    const turn = [
      read('a.py', 'def add_line():\n    return fold(tally())\n'),
      defined(['add_line'], { 'a.py': { 1: 'def add_line():' }, 'b.py': { 1: 'def add_line():' } }),
    ]
    const next = [
      defined(
        ['fold', 'tally'],
        { 'c.py': { 1: 'def fold(x):' }, 'd.py': { 1: 'def tally():', 5: 'def fold(y):', 9: 'def fold(z):' } },
        'neighbours',
      ),
    ]
    expect(await featureOf('neighbour', { issue }, turn, next)).toEqual(
      near({ 'a.py': 0, 'b.py': 0.5 / 2, 'c.py': 0.7 / 2, 'd.py': 1 }),
    )
  })
})

describe('what a read file shows', () => {
  const issue = '`add_line` fails\n\nso does `drop_line`'

  test('bestFunction: 1 for the file of the best function, half a point less for each point between them', async () => {
    // With names alone: add_line 1, drop_line 0.4, any other 0, as has a file in which nothing is defined.
    const turn = [
      read('a.py', 'def other():\n    pass\n\n\ndef add_line():\n    pass\n'),
      read('b.py', 'def drop_line():\n    pass\n\n\ndef another():\n    pass\n'),
      read('c.py', 'def third():\n    pass\n'),
      read('d.py', 'LINES = 3\n'),
      named('add_line.py'),
    ]
    const scores = near({ 'a.py': 1, 'b.py': 1 - 0.6 / 2, 'c.py': 1 / 2, 'd.py': 1 / 2, 'add_line.py': 0 })
    expect(await featureOf('bestFunction', { issue }, turn)).toEqual(scores)
    const far = await searched({ issue, weights: weighing({ file: { bestFunction: 1 }, function: { name: 3 } }) }, turn)
    expect(fileScores(far)).toMatchObject(near({ 'a.py': 1, 'b.py': 1 - 1.8 / 2, 'c.py': 0 }))
  })

  test('quoted: a third for each line that the issue quotes, at most 1', async () => {
    const lines = ['total = basket.sum()', 'total -= coupon.of(total)', 'return round(total)', 'log.warn("total")']
    const quoting = { issue: ['it drifts', '```', ...lines, '```'].join('\n') }
    const turn = [
      read('a.py', `${lines[0]}\n`),
      read('b.py', `    ${lines[1]}\npass\n    ${lines[2]}\n`),
      read('c.py', `${lines.join('\n')}\n`),
      read('d.py', 'total = other.sum()\n'),
    ]
    expect(await featureOf('quoted', quoting, turn)).toEqual(
      near({ 'a.py': 1 / 3, 'b.py': 2 / 3, 'c.py': 1, 'd.py': 0 }),
    )
  })
})

describe('earlier commits', () => {
  const seen = [
    past({ 'a.py': 1, 'b.py': 0.5, 'c.py': 0.3, 'd.py': 0.2, 'tests/test_a.py': 0.4 }, [
      [20, 'b.py'],
      [10, 'a.py', 'b.py'],
      [5, 'a.py', 'c.py'],
    ]),
    named('e.py'),
  ]

  test('history: its share of what they say of source files, three times over', async () => {
    const shares = { 'a.py': 1, 'b.py': 0.75, 'c.py': 0.45, 'd.py': 0.3, 'tests/test_a.py': 0.6, 'e.py': 0 }
    expect(await featureOf('history', { issue: 'it drifts' }, seen)).toEqual(near(shares))
  })

  test('commit: the square of the best commit’s score over that of the best of all', async () => {
    const nearness = { 'a.py': 1 / 4, 'b.py': 1, 'c.py': 1 / 16, 'd.py': 0, 'tests/test_a.py': 0, 'e.py': 0 }
    expect(await featureOf('commit', { issue: 'it drifts' }, seen)).toEqual(near(nearness))
  })
})

describe('what a file is for', () => {
  const issue = 'it drifts'
  const paths = ['shop/cart.py', 'tests/test_cart.py', 'docs/cart.md', 'examples/cart.py', 'cart.json']
  const turn = [named(...paths, 'setup.py', 'shop/__init__.py')]

  test('notSource: how seldom an issue is about the role; tests are wanted where they are searched', async () => {
    const roles = {
      'shop/cart.py': 0,
      'setup.py': 0,
      'shop/__init__.py': 0,
      'tests/test_cart.py': 1,
      'docs/cart.md': 0.9,
      'examples/cart.py': 0.8,
      'cart.json': 0.4,
    }
    expect(await featureOf('notSource', { issue }, turn)).toEqual(roles)
    const withTests = await featureOf('notSource', { issue, includeTests: true }, turn)
    expect(withTests).toEqual({ ...roles, 'tests/test_cart.py': 0 })
  })

  test('notSource: a read file of which more than half lies in lines of more than 400 characters', async () => {
    const long = 'x'.repeat(401)
    const reads = [
      read('a.js', `${'short line\n'.repeat(39)}${long}\n`),
      read('b.js', `${'short line\n'.repeat(41)}${long}\n`),
      read('c.js', ''),
      read('d.js', 'x'.repeat(400)),
    ]
    expect(await featureOf('notSource', { issue }, reads)).toEqual({ 'a.js': 1.4, 'b.js': 0, 'c.js': 0, 'd.js': 0 })
  })

  test('setUp: build scripts', async () => {
    expect(await featureOf('setUp', { issue }, turn)).toMatchObject({ 'setup.py': 1, 'shop/cart.py': 0 })
  })

  test('packageFile: the file that stands for its folder', async () => {
    expect(await featureOf('packageFile', { issue }, turn)).toMatchObject({ 'shop/__init__.py': 1, 'shop/cart.py': 0 })
  })
})

test('a score is the sum of the features, each times its weight', async () => {
  const weights = weighing({ file: { baseName: 2, folder: 0.5, packageFile: -3 } })
  const turn = [named('basket/drift.py', 'basket/__init__.py')]
  expect(fileScores(await searched({ issue: 'basket drifts', weights }, turn))).toEqual(
    near({ 'basket/drift.py': 2 + 0.5, 'basket/__init__.py': 0.5 - 3 }),
  )
})

test('the best file comes first, of equals the first by path, whatever the order in which they were found', async () => {
  const weights = weighing({ file: { baseName: 1 } })
  const paths = ['b/x.py', 'z/basket.py', 'a/y.py', 'a/x.py', 'Z/basket.py']
  const order = ['Z/basket.py', 'z/basket.py', 'a/x.py', 'a/y.py', 'b/x.py']
  for (const found of [paths, paths.toReversed()]) {
    const { files } = await searched({ issue: 'basket drifts', weights }, [named(...found)])
    expect(files.map(({ file }) => file.path)).toEqual(order)
  }
})
