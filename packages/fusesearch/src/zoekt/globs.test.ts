import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPathFilter } from '../search/index.ts'
import { fileQuery, type NameScope } from './globs.ts'

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
  'acme',
]
const glob = fc
  .tuple(fc.constantFrom('', '', '!'), fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 6 }))
  .map(([not, parts]) => not + parts.join(''))
const known = fc.constantFrom(
  '**/*{foo,bar}*{,/*}',
  '!**/{docs,src}/**',
  '!**/docs/**',
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
    // Malformed: its call has already failed.
    return false
  }
})

const NAME = 'acme/foo'
const MANY: NameScope = { folder: undefined, repositories: new Map([[NAME, { prefix: `${NAME}/` }]]) }

function scopeOfFolder(folder: string): NameScope {
  return { folder, repositories: new Map([[NAME, { prefix: '' }]]) }
}

/** Whether words of a query keep a file of the repository, interpreting Go's expressions with JavaScript. */
function keeps(words: readonly string[], name: string): boolean {
  return words.every((word) => {
    const [, not, flag, atoms = ''] = /^(-?)\( case:(yes|no) (.*) \)$/s.exec(word) ?? []
    const isKept = atoms.split(' or ').some((one) => {
      const [, field, text = ''] = /^(file|repo):"(.*)"$/s.exec(one) ?? []
      const plain = text.replaceAll(/\\([\\"])/g, '$1')
      return new RegExp(plain, flag === 'no' ? 'iu' : 'u').test(field === 'repo' ? NAME : name)
    })
    return isKept !== (not === '-')
  })
}

test('the query keeps every file that matches the globs', () => {
  fc.assert(
    fc.property(globs, fc.boolean(), fc.constantFrom('', 'src/', 'x/docs/'), (some, ignoreCase, folder) => {
      const accepts = createPathFilter(some, { ignoreCase })
      const own = fileQuery(some, ignoreCase, scopeOfFolder(folder))
      for (const path of PATHS) {
        if (accepts(path)) expect(keeps(own, folder + path), `${own.join(' ')} ${path}`).toBe(true)
      }
      const many = fileQuery(some, ignoreCase, MANY)
      for (const name of PATHS) {
        if (accepts(`${NAME}/${name}`)) expect(keeps(many, name), `${many.join(' ')} ${name}`).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

test('it leaves out others, with and without the names of repositories', () => {
  const one = fileQuery(['*.py', '!**/foo/**'], false, scopeOfFolder(''))
  expect(PATHS.filter((path) => keeps(one, path))).toEqual(['a.py', 'src/a.py', 'z w.py', 'é.py'])
  const many = fileQuery(['*.md', '!**/src/**'], false, MANY)
  expect(PATHS.filter((path) => keeps(many, path))).toEqual(['docs/foo.md'])
  expect(fileQuery(['**/*foo*'], false, MANY)).toEqual(['( case:yes file:"foo" or repo:"^(?:acme/foo)$" )'])
  expect(fileQuery(['**'], false, MANY)).toEqual([])
})
