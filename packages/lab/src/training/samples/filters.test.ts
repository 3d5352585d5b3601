import { describe, expect, it } from 'vitest'
import { filterPatch, filterPaths, isRecordPath, MAX_FILES } from './filters.ts'

const changes = (...names: string[]) => names.map((name) => ({ status: name.slice(0, 1), path: name.slice(2) }))

describe('filterPaths', () => {
  it.each([
    [['M shop/cart.py'], undefined],
    [['M shop/cart.py', 'A tests/test_cart.py', 'A changes/12.bugfix.rst'], undefined],
    [['D shop/old.py', 'A shop/new.py'], undefined],
    [['M tests/test_cart.py'], 'tests-only'],
    [['M README.md'], 'no-code-change'],
    [['M CHANGELOG.md'], 'no-code-change'],
    [['M shop/cart.py', 'A shop/more.py'], 'adds-file'],
    [Array.from({ length: MAX_FILES + 1 }, (_, index) => `M shop/${index}.py`), 'too-many-files'],
  ])('%j: %s', (names, filter) => {
    expect(filterPaths(changes(...names), { additions: false, anyFile: false })).toBe(filter)
  })

  it('keeps the changes that the options keep', () => {
    const keeps = { additions: true, anyFile: true }
    for (const name of ['M README.md', 'M deploy/values.yaml', 'M CHANGELOG.md']) {
      expect(filterPaths(changes(name), keeps)).toBe(name.includes('CHANGELOG') ? 'no-code-change' : undefined)
    }
    expect(filterPaths(changes('M shop/cart.py', 'A shop/more.py'), keeps)).toBeUndefined()
  })
})

describe('isRecordPath', () => {
  it('recognizes changelogs and news fragments, and no code', () => {
    for (const path of ['CHANGES.rst', 'doc/whatsnew/v1.txt', 'changelog.d/7.fix', 'docs/release_notes.md', 'NEWS'])
      expect(isRecordPath(path), path).toBe(true)
    for (const path of ['src/history.py', 'docs/guide.md', 'src/changes/apply.ts', 'newsletter.txt'])
      expect(isRecordPath(path), path).toBe(false)
  })
})

const patch = (path: string, ...lines: string[]) =>
  `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,9 +1,9 @@\n${lines.join('\n')}\n`

describe('filterPatch', () => {
  it('distinguishes layout and comments from other changes', () => {
    expect(filterPatch(patch('a.py', "-x = {'a':1}", '+x = {', '+    "a": 1,', '+}'))).toBe('formatting-only')
    expect(filterPatch(patch('a.py', '-# old', '+# new'))).toBe('documentation')
    expect(filterPatch(patch('a.ts', '- * old', '+ * new', '+'))).toBe('documentation')
    expect(filterPatch(patch('a.py', '-x = a + b * c', '+x = (a + b) * c'))).toBeUndefined()
    expect(filterPatch(patch('a.py', '-# old', '+# new') + patch('b.py', '-x = 1', '+x = 2'))).toBeUndefined()
    expect(filterPatch(patch('a.c', '-#define A 1', '+#define A 2'))).toBeUndefined()
  })
})
