import { expect, test } from 'vitest'
import { commonlySkipped, createPathFilter } from './path-filter.ts'

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
