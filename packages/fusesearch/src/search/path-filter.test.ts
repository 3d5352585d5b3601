import { expect, test } from 'vitest'
import { commonlySkipped, createPathFilter, refuseGlobs } from './path-filter.ts'

test('only what every list takes away is skipped, in the forms that a walk understands alike', () => {
  const one = ['!**/{test,tests}/**', '!**/docs/**', '!**/*.md', 'src/**']
  const other = ['!**/*.md', '!**/{test,tests}/**']
  expect(commonlySkipped([one, other])).toEqual({ skippedFolders: ['!**/{test,tests}/'], skippedNames: ['*.md'] })
  expect(commonlySkipped([one]).skippedFolders).toEqual(['!**/{test,tests}/', '!**/docs/'])
  expect(commonlySkipped([one, []])).toEqual({ skippedFolders: [], skippedNames: [] })
  expect(commonlySkipped([])).toEqual({ skippedFolders: [], skippedNames: [] })
})

const LEFT_TO_THE_FILTER = [
  '!tests/**',
  '!**/te*/**',
  '!**/[t]/**',
  '!**/{a}/**',
  '**/tests/**',
  '!**/a/b/**',
  '!**/tests',
  '!**/*.{po}',
  '!**/a*.po',
  '!*.po',
  '!**/{test_*,*_test.*}',
]

test.each(LEFT_TO_THE_FILTER)('%s is left to the filter', (pattern) => {
  expect(commonlySkipped([[pattern]])).toEqual({ skippedFolders: [], skippedNames: [] })
})

test('a skipped folder holds exactly what the filter takes away', () => {
  const accepts = createPathFilter(['!**/{test,tests}/**'])
  expect(['test/a', 'a/tests/b/c', 'testing/a', 'a/mytests/b'].map(accepts)).toEqual([false, false, true, true])
})

// Pattern, paths that it names, paths that it doesn't.
const MEANINGS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['*.py', ['a.py', 'src/.py', 'src/deep/b.py'], ['a.pyc', 'a.py/b']],
  ['src/*.py', ['src/a.py'], ['src/deep/a.py', 'lib/src/a.py']],
  ['src/**/*.py', ['src/a.py', 'src/b/c/a.py'], ['lib/a.py']],
  ['**/a*b', ['ab', 'x/axxb'], ['a/b', 'x/a/xb']],
  ['a**b', ['ab', 'x/axxb'], ['a/b']],
  ['src/**', ['src/a', 'src/.x/y', 'src'], ['lib/src/a']],
  ['src/**{.ts,.js}', ['src/a.ts', 'src/b/c.js'], ['src/a.py']],
  ['src', ['src', 'src/a', 'lib/src/b/c'], ['src2/a']],
  ['/src', ['src/a'], ['lib/src/a']],
  ['./src/', ['src/a', 'lib/src/a'], ['src2']],
  ['./', ['a', 'b/c'], []],
  ['./.', ['a', 'b/c'], []],
  ['', [], ['a']],
  ['?.c', ['a.c', 'é.c', '😀.c'], ['.c', 'ab.c']],
  ['[a-c0].x', ['b.x', '0.x', '[a-c0].x'], ['d.x', '-.x']],
  ['[!a].x', ['b.x'], ['a.x', 'b/.x']],
  ['[^a].x', ['b.x'], ['a.x']],
  ['[]-].x', ['].x', '-.x'], ['a.x']],
  ['[[:digit:]_].x', ['7.x', '_.x'], ['a.x', ':.x']],
  ['app/[id]/[...slug].tsx', ['app/[id]/[...slug].tsx', 'app/i/s.tsx'], ['app/x/s.tsx']],
  ['app/(shop)/*', ['app/(shop)/a.tsx'], ['app/shop/a.tsx']],
  ['*.(ts|tsx)', ['a.ts', 'b/a.tsx'], ['a.t']],
  ['*.{js,ts{,x}}', ['a.js', 'a.ts', 'a.tsx'], ['a.jsx']],
  ['{{name}}/a', ['{{name}}/a'], ['name/a']],
  ['v{1..3}.x', ['v1.x', 'v3.x'], ['v4.x', 'v12.x']],
  ['v{08..11}.x', ['v08.x', 'v10.x'], ['v8.x', 'v12.x']],
  ['{a..c}.x', ['b.x'], ['d.x']],
  [String.raw`\*\[a`, ['*[a', '*[a/b'], ['x[a']],
  [String.raw`a\b`, [String.raw`a\b`, 'ab'], ['a']],
  ['a+(b)', ['a+(b)'], ['aab', 'ab']],
]

test.each(MEANINGS)('the glob %j', (pattern, named, others) => {
  const accepts = createPathFilter([pattern])
  expect(named.filter((path) => !accepts(path))).toEqual([])
  expect(others.filter(accepts)).toEqual([])
})

test('upper and lower case match each other where that is asked for', () => {
  const accepts = createPathFilter(['sRc/[a-b]É*'], { ignoreCase: true })
  expect(['Src/Aéx', 'src/bÉ', 'src/cé'].map(accepts)).toEqual([true, true, false])
  expect(createPathFilter(['[^a].x'], { ignoreCase: true })('A.x')).toBe(false)
  expect(createPathFilter(['a'])('A')).toBe(false)
})

test('many states are forgotten without a difference', () => {
  // Each text of a and b leads to another set of places.
  const accepts = createPathFilter(['*a????????????????b'])
  const texts = Array.from({ length: 3_000 }, (_, index) =>
    (index * 7_919).toString(2).replaceAll('0', 'a').replaceAll('1', 'b'),
  )
  for (const text of texts) {
    const path = `${text}${text.slice(0, 9)}`
    expect(accepts(path)).toBe(/a.{16}b$/.test(path))
  }
})

const REFUSED = [
  ['src/[ab', 'has a [ without its ]. Write \\[ for the character itself'],
  ['[]', 'has a [ without its ]'],
  ['src/{a,b', 'has a { without its }. Write \\{ for the character itself'],
  ['a\\', 'ends with a single backslash'],
  ['[z-a]', 'has the range z-a, which runs backwards'],
  ['{1..5000}', 'stands for more than 1000 numbers'],
  ['{1..900}{1..900}', 'stands for more than 1000 numbers'],
  ['{'.repeat(21), 'nests more than 20 groups'],
  ['('.repeat(500), 'nests more than 20 groups'],
  ['a'.repeat(10_001), 'has 10001 characters, more than 10000'],
] as const

test.each(REFUSED)('%.20s is refused with the reason', (pattern, reason) => {
  for (const given of [pattern, `!${pattern}`]) {
    const refusal = refuseGlobs(['*.py', given])
    expect(refusal).toMatchObject({ ok: false, code: 'bad-pattern', message: expect.stringContaining(reason) })
    expect(refusal?.message.length).toBeLessThan(250)
    expect(() => createPathFilter([given])).toThrow(reason)
  }
})

test('so are globs that are too long together', () => {
  const long = '{a,b}'.repeat(1_900)
  expect(refuseGlobs([long])).toBeUndefined()
  expect(refuseGlobs([long, long, long, long])?.message).toContain('too long together')
})
