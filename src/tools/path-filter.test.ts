import { expect, test } from 'vitest'
import { commonFolders, createPathFilter } from './path-filter.ts'

test('only folders that every list takes away are skipped, in the form that a walk prunes', () => {
  const one = ['!**/{test,tests}/**', '!**/docs/**', '!**/*.md', 'src/**']
  const other = ['!**/{test,tests}/**', '!**/*.md']
  expect(commonFolders([one, other])).toEqual(['!**/{test,tests}/'])
  expect(commonFolders([one])).toEqual(['!**/{test,tests}/', '!**/docs/'])
  expect(commonFolders([one, []])).toEqual([])
  expect(commonFolders([])).toEqual([])
})

test.each(['!tests/**', '!**/te*/**', '!**/[t]/**', '!**/{a}/**', '**/tests/**', '!**/a/b/**', '!**/tests'])(
  '%s is left to the filter',
  (pattern) => {
    expect(commonFolders([[pattern]])).toEqual([])
  },
)

test('a skipped folder holds exactly what the filter takes away', () => {
  const accepts = createPathFilter(['!**/{test,tests}/**'])
  expect(['test/a', 'a/tests/b/c', 'testing/a', 'a/mytests/b'].map(accepts)).toEqual([false, false, true, true])
})
