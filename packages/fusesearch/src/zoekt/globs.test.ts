import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPathFilter } from '../search/index.ts'
import { fileQuery } from './globs.ts'

const PATHS = [
  'a.py',
  'src/a.py',
  'src/foo/b.py',
  'docs/foo.md',
  'z w.py',
  'é.py',
  '.github/workflows/x.yml',
  'foo/bar/baz/[id].ts',
  'A/B.PY',
  'x+y(z).js',
]
const PARTS = [
  'a',
  'foo',
  '.py',
  '*',
  '**',
  '/',
  '?',
  '[a-f]',
  '[!a]',
  '{a,b}',
  '{,/*}',
  '(x|z)',
  '{1..3}',
  'é',
  '\\[',
  '.',
]
const glob = fc
  .tuple(fc.constantFrom('', '', '!'), fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 6 }))
  .map(([not, parts]) => not + parts.join(''))
const known = fc.constantFrom(
  '**/*{foo,bar}*{,/*}',
  '!**/{docs,src}/**',
  '!**/*.{py,md}',
  'src/',
  '*.py',
  'src/**/b.py',
  '**',
)
const globs = fc.array(fc.oneof(known, glob), { minLength: 1, maxLength: 4 }).filter((some) => {
  try {
    return some.every((one) => one !== '!') && createPathFilter(some) !== undefined
  } catch {
    // Malformed: its call has failed before.
    return false
  }
})

/** Whether words of a query keep a name, by JavaScript's reading of Go's expressions. */
function keeps(words: readonly string[], name: string): boolean {
  return words.every((word) => {
    const [, not, flag, text = ''] = /^(-?)\( case:(yes|no) file:"(.*)" \)$/s.exec(word) ?? []
    const plain = text
      .replaceAll(/\\([\\"])/g, '$1')
      .replaceAll('(?s:.*)', '[^]*')
      .replaceAll(/\\x\{([0-9a-f]+)\}/g, '\\u{$1}')
      .replace(/^\\A/, '^')
      .replace(/\\z$/, '$')
    return new RegExp(plain, flag === 'no' ? 'iu' : 'u').test(name) !== (not === '-')
  })
}

test('the query keeps every file that the globs name', () => {
  fc.assert(
    fc.property(globs, fc.boolean(), fc.constantFrom('', 'src/'), (some, ignoreCase, folder) => {
      const accepts = createPathFilter(some, { ignoreCase })
      const own = fileQuery(some, ignoreCase, { folder })
      for (const path of PATHS)
        if (accepts(path)) expect(keeps(own, folder + path), `${own.join(' ')} ${path}`).toBe(true)
      const many = fileQuery(some, ignoreCase, { folder: undefined })
      for (const name of PATHS) {
        if (accepts(`github.com/foo/${name}`)) expect(keeps(many, name), `${many.join(' ')} ${name}`).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('it leaves others out, with and without the names of repositories', () => {
  const one = fileQuery(['*.py', '!**/docs/**'], false, { folder: '' })
  expect(PATHS.filter((path) => keeps(one, path))).toEqual(['a.py', 'src/a.py', 'src/foo/b.py', 'z w.py', 'é.py'])
  const many = fileQuery(['*.md', '!**/src/**'], false, { folder: undefined })
  expect(PATHS.filter((path) => keeps(many, path))).toEqual(['docs/foo.md'])
})
