import { expect, test } from 'vitest'
import { textsOfExpression } from './required.ts'

test('texts of groups, alternatives and runs, without optional parts', () => {
  expect(textsOfExpression('(?:class|def)\\s+(?:ExportController\\$1|write)\\b')).toEqual([
    'ExportController$1',
    'write',
  ])
  expect(textsOfExpression('(?:\\b|_)(?:tar)(?:\\b|_)|[a-z](?:TAR|Tar)|\\b(?:tar|Tarr)[A-Z]')).toEqual([
    'tar',
    'TAR',
    'Tar',
    'Tarr',
  ])
  expect(textsOfExpression('foo\\.bar')).toEqual(['foo.bar'])
  expect(textsOfExpression('\\bfoob?\\b')).toEqual(['foo'])
  expect(textsOfExpression('(abcd)?efg')).toEqual(['efg'])
  expect(textsOfExpression('(abc|de)+x{2}')).toBeUndefined()
  expect(textsOfExpression('abc|\\w+')).toBeUndefined()
  expect(textsOfExpression('[abc]def]')).toEqual(['def]'])
  expect(textsOfExpression('(abc){2}')).toEqual(['abc'])
})
