import { expect, test } from 'vitest'
import type { IndexedRepository } from './reply.ts'
import { namesOf, placeOf, type Scope, scopeOf } from './scope.ts'

const HEAD = 'a'.repeat(40)
const SHOP: IndexedRepository = { name: 'acme/shop', branches: [{ name: 'HEAD', commit: HEAD }], files: 3 }
const TOOLS: IndexedRepository = {
  name: 'acme/tools',
  branches: [
    { name: 'main', commit: 'b'.repeat(40) },
    { name: 'v1"x', commit: 'c'.repeat(40) },
  ],
  files: 5,
}

function scope(indexed: readonly IndexedRepository[], path?: string, revision?: string): Scope {
  return scopeOf(indexed, { path, revision, repoFilter: undefined })
}

test('paths of one repository have no prefix, those of several begin with its name', () => {
  const one = scope([SHOP])
  expect(placeOf(one, { FileName: 'a.py', Repository: 'acme/shop' })?.path).toBe('a.py')
  expect(one.words).toEqual([])
  const both = scope([SHOP, TOOLS])
  expect(placeOf(both, { FileName: 'a.py', Repository: 'acme/shop' })?.path).toBe('acme/shop/a.py')
  expect(placeOf(both, { FileName: 'a.py', Repository: 'other' })).toBeUndefined()
  expect(namesOf(both, 'acme/tools/x/y.py').map(({ name }) => name)).toEqual(['x/y.py'])
})

test.each(['../a.py', 'src/../../a.py', '/etc/passwd', './a.py', 'src//a.py', '..', ''])(
  'a name that leads out, %j, is no file, whatever the server says',
  (name) => {
    for (const one of [scope([SHOP]), scope([SHOP, TOOLS])]) {
      expect(placeOf(one, { FileName: name, Repository: 'acme/shop' })).toBeUndefined()
    }
    const outside = scope([{ ...SHOP, name: '../shop' }, TOOLS])
    expect(placeOf(outside, { FileName: 'a.py', Repository: '../shop' })).toBeUndefined()
  },
)

test('a folder narrows the search, also to one of several repositories', () => {
  const inside = scope([SHOP], './src/')
  expect(inside.words).toEqual(['( case:yes file:"\\\\Asrc/" )'])
  expect(placeOf(inside, { FileName: 'src/a.py', Repository: 'acme/shop' })?.path).toBe('a.py')
  expect(placeOf(inside, { FileName: 'a.py', Repository: 'acme/shop' })).toBeUndefined()
  const part = scope([SHOP, TOOLS], 'acme/tools/x')
  expect([...part.repositories.keys()]).toEqual(['acme/tools'])
  expect(part).toMatchObject({ folder: 'x/', path: 'acme/tools/x/' })
  expect(() => scope([SHOP, TOOLS], 'other')).toThrow("The path other isn't in the index")
  expect(() => scope([SHOP], '../x')).toThrow('leads out')
})

test('a revision is an indexed branch or the beginning of a commit', () => {
  expect(scope([TOOLS]).repositories.get('acme/tools')).toMatchObject({ branch: 'main', commit: 'b'.repeat(40) })
  const other = scope([TOOLS], undefined, 'CCCCCCCC')
  expect(other.repositories.get('acme/tools')).toMatchObject({ branch: 'v1"x' })
  expect(other.words).toEqual(['branch:"v1\\"x"'])
  const file = { FileName: 'a', Repository: 'acme/tools', Branches: ['main'] }
  expect(placeOf(other, file)).toBeUndefined()
  expect(placeOf(other, { ...file, Branches: ['main', 'v1"x'] })?.path).toBe('a')
  // Only one of the two has it.
  expect([...scope([SHOP, TOOLS], undefined, 'main').repositories.keys()]).toEqual(['acme/tools'])
  expect(() => scope([SHOP], undefined, 'main')).toThrow("zoekt hasn't indexed main. It has HEAD of acme/shop")
  expect(() => scope([SHOP], undefined, 'aaaaaa')).toThrow("hasn't indexed")
})

test('an empty index is an error that names the filter', () => {
  expect(() => scopeOf([], { path: undefined, revision: undefined, repoFilter: 'x.y' })).toThrow('name matches x.y')
})
