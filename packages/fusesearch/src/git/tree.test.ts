import { describe, expect, it } from 'vitest'
import { parseTree, withoutCollisions } from './tree.ts'

const OID = '0123456789abcdef0123456789abcdef01234567'
const entry = (path: string, mode = '100644', type = 'blob'): string => `${mode} ${type} ${OID}\t${path}\0`

describe('parseTree', () => {
  it('keeps files and counts links and submodules', () => {
    const listing =
      entry('a b/c\td.py') + entry('link', '120000') + entry('sub', '160000', 'commit') + entry('run', '100755')
    const tree = parseTree(listing, 'o/r@c')
    expect(tree.files.map((file) => file.path)).toEqual(['a b/c\td.py', 'run'])
    expect([tree.symlinks, tree.submodules]).toEqual([1, 1])
  })

  const hostile = [
    '../outside',
    'a/../../outside',
    '/etc/passwd',
    './a',
    'a//b',
    '.git/config',
    'sub/.GIT/hooks/x',
    'git~1/config',
    '.git. /config',
    '.git::$INDEX_ALLOCATION/config',
    'C:\\windows',
    'a\\..\\b',
  ]
  it.each(hostile)('refuses the name %j', (path) => {
    expect(() => parseTree(entry(path), 'o/r@c')).toThrowError(expect.objectContaining({ code: 'snapshot-failed' }))
  })

  it.each(['.gitignore', '.github/x', 'a...b', '...', 'git', 'x.git/y'])('takes the name %j', (path) => {
    expect(parseTree(entry(path), 'o/r@c').files).toHaveLength(1)
  })
})

describe('withoutCollisions', () => {
  it('keeps the first of names that differ only in case, including folders', () => {
    const paths = ['Read.md', 'read.md', 'src/a', 'SRC/b', 'src/c']
    const { kept, collisions } = withoutCollisions(paths.map((path) => ({ path, oid: OID })))
    expect(kept.map((file) => file.path)).toEqual(['Read.md', 'src/a', 'src/c'])
    expect(collisions).toBe(2)
  })
})
