import { describe, expect, it } from 'vitest'
import { extractGold, type Gold } from './gold.ts'

const SOURCE = `import os

@decorate
@twice(1)
def outer(x):
    y = x
    def inner():
        return y
    return inner


class Shop:
    name = 'shop'

    @property
    def total(self):
        return 1

    @total.setter
    def total(self, value):
        self.value = value


def last():
    pass
`

type Files = Readonly<Record<string, string>>
const goldOf = (patch: string, files: Files = { 'a.py': SOURCE }, dropTests = false): Promise<Gold> =>
  extractGold({ patch, dropTests, readFile: (path) => Promise.resolve(files[path]) })
const patchOf = (hunks: string, path = 'a.py'): string =>
  `diff --git a/${path} b/${path}\nindex 1..2 100644\n--- a/${path}\n+++ b/${path}\n${hunks}`
const functionsOf = ({ functions }: Gold) => functions.map((one) => [one.name, one.startLine, one.endLine])

/** The true facts. */
const facts = ({ addsFile, addsFunction, touchesFunction, testsOnly, kept }: Gold) =>
  Object.entries({ addsFile, addsFunction, touchesFunction, testsOnly, kept })
    .filter(([, holds]) => holds)
    .map(([name]) => name)

describe('functions of a patch', () => {
  const cases: [string, string, unknown[]][] = [
    [
      'the innermost of nested ones',
      '@@ -7,1 +7,1 @@\n-    def inner():\n+    def inner(z=1):\n',
      [['outer.inner', 7, 8]],
    ],
    // Line 8 is removed; its replacement is between lines 8 and 9, and only the outer function contains both.
    [
      'the outer too, where the last line of the inner is replaced',
      '@@ -8,1 +8,1 @@\n-        return y\n+        return x\n',
      [
        ['outer', 3, 9],
        ['outer.inner', 7, 8],
      ],
    ],
    ['one whose decorator changes', '@@ -3,2 +3,2 @@\n-@decorate\n+@other\n @twice(1)\n', [['outer', 3, 9]]],
    [
      'the overload that is meant',
      '@@ -21,1 +21,1 @@\n-        self.value = value\n+        pass\n',
      [['Shop.total', 19, 21]],
    ],
    ['one that takes an insertion', '@@ -6,2 +6,3 @@\n     y = x\n+    z = y\n     def inner():\n', [['outer', 3, 9]]],
    [
      'the outer at the end of an inner',
      '@@ -8,2 +8,3 @@\n         return y\n+    z = y\n     return inner\n',
      [['outer', 3, 9]],
    ],
    ['none between functions', '@@ -9,2 +9,3 @@\n     return inner\n+# note\n \n', []],
    ['none in a class body', "@@ -13,1 +13,1 @@\n-    name = 'shop'\n+    name = 'store'\n", []],
    ['none for an import', '@@ -1,1 +1,1 @@\n-import os\n+import sys\n', []],
    ['none after the last line', '@@ -25,1 +25,2 @@\n     pass\n+    return\n', []],
    ['all that are taken away', '@@ -22,4 +22,0 @@\n-\n-\n-def last():\n-    pass\n', [['last', 24, 25]]],
    [
      'several, in the order of lines',
      '@@ -17,1 +17,1 @@\n-        return 1\n+        return 2\n@@ -25,1 +25,1 @@\n-    pass\n+    return\n',
      [
        ['Shop.total', 15, 17],
        ['last', 24, 25],
      ],
    ],
  ]
  it.each(cases)('%s', async (_, hunks, expected) => {
    expect(functionsOf(await goldOf(patchOf(hunks)))).toEqual(expected)
  })
})

describe('facts of a patch', () => {
  const change = '@@ -6,1 +6,1 @@\n-    y = x\n+    y = 2\n'
  const addsMethod = '@@ -21,1 +21,3 @@\n         self.value = value\n+    def more(self):\n+        pass\n'

  const cases: [string, string, string[]][] = [
    ['a change inside a function', patchOf(change), ['touchesFunction', 'kept']],
    ['a new method, found below an earlier hunk', patchOf(change + addsMethod), ['addsFunction', 'touchesFunction']],
    [
      'a renamed function',
      patchOf('@@ -24,1 +24,1 @@\n-def last():\n+def final():\n'),
      ['addsFunction', 'touchesFunction'],
    ],
    ['a new class', patchOf('@@ -25,1 +25,2 @@\n     pass\n+class New: pass\n'), ['addsFunction']],
    [
      'a third overload',
      patchOf('@@ -21,1 +21,3 @@\n         self.value = value\n+    def total(self):\n+        pass\n'),
      ['addsFunction'],
    ],
    [
      'a function moved within its class',
      patchOf(
        '@@ -15,3 +15,0 @@\n-    @property\n-    def total(self):\n-        return 1\n@@ -21,1 +18,4 @@\n         self.value = value\n+    @property\n+    def total(self):\n+        return 1\n',
      ),
      ['touchesFunction', 'kept'],
    ],
    ['a comment alone', patchOf('@@ -1,1 +1,2 @@\n import os\n+# note\n'), []],
  ]
  it.each(cases)('%s', async (_, patch, expected) => {
    expect(facts(await goldOf(patch))).toEqual(expected)
  })

  it('an added file', async () => {
    const added =
      'diff --git a/b.py b/b.py\nnew file mode 100644\n--- /dev/null\n+++ b/b.py\n@@ -0,0 +1,2 @@\n+def f():\n+    pass\n'
    const gold = await goldOf(patchOf(change) + added)
    expect(gold.files).toEqual(['a.py'])
    expect(facts(gold)).toEqual(['addsFile', 'addsFunction', 'touchesFunction'])
  })

  it('only tests, and tests dropped on request', async () => {
    const files = { 'a.py': SOURCE, 'tests/a.py': SOURCE, 'src/x.spec.py': SOURCE }
    const tests = patchOf(change, 'tests/a.py') + patchOf(change + addsMethod, 'src/x.spec.py')
    expect((await goldOf(tests, files)).testsOnly).toBe(true)
    expect(await goldOf(tests, files, true)).toMatchObject({ files: [], functions: [], testsOnly: true, kept: false })
    const both = await goldOf(patchOf(change) + tests, files, true)
    expect(both).toMatchObject({ files: ['a.py'], testsOnly: false, addsFunction: false, kept: true })
    expect((await goldOf(patchOf(change) + tests, files)).files).toEqual(Object.keys(files))
  })
})

describe('files of a patch', () => {
  it('the old path of a rename, with or without changes', async () => {
    const pure = 'diff --git a/a.py b/lib/b.py\nsimilarity index 100%\nrename from a.py\nrename to lib/b.py\n'
    expect(await goldOf(pure)).toMatchObject({ files: ['a.py'], functions: [], addsFile: false, addsFunction: false })
    const hunk = '--- a/a.py\n+++ b/lib/b.py\n@@ -25,1 +25,1 @@\n-    pass\n+    return\n'
    const gold = await goldOf(pure.replace('100%', '90%') + hunk)
    expect(gold.functions).toEqual([{ path: 'a.py', name: 'last', startLine: 24, endLine: 25 }])
    expect(gold.kept).toBe(true)
  })

  it('a deleted file with its functions', async () => {
    const patch =
      'diff --git a/b.py b/b.py\ndeleted file mode 100644\n--- a/b.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-def f():\n-    pass\n'
    const gold = await goldOf(patch, { 'b.py': 'def f():\n    pass\n' })
    expect(gold.files).toEqual(['b.py'])
    expect(functionsOf(gold)).toEqual([['f', 1, 2]])
    expect(gold.kept).toBe(true)
  })

  it('binary files, modes, copies and links turned into files', async () => {
    const binary = 'diff --git a/x.png b/x.png\nindex 1..2 100644\nBinary files a/x.png and b/x.png differ\n'
    const literal =
      'diff --git a/y.png b/y.png\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmZQz\n\nliteral 0\nHcmV?d00001\n\n'
    const mode = 'diff --git a/run b/run\nold mode 100644\nnew mode 100755\n'
    const copy = 'diff --git a/a.py b/c.py\nsimilarity index 100%\ncopy from a.py\ncopy to c.py\n'
    const link =
      'diff --git a/link b/link\ndeleted file mode 120000\n--- a/link\n+++ /dev/null\n@@ -1 +0,0 @@\n-a.py\n\\ No newline at end of file\n' +
      'diff --git a/link b/link\nnew file mode 100644\n--- /dev/null\n+++ b/link\n@@ -0,0 +1 @@\n+text\n'
    const files = { 'a.py': SOURCE, 'x.png': '', 'y.png': '', run: '', link: 'a.py' }
    expect((await goldOf(binary + literal + mode + link, files)).files).toEqual(['x.png', 'y.png', 'run', 'link'])
    expect((await goldOf(mode + link, files)).addsFile).toBe(false)
    expect(await goldOf(copy, files)).toMatchObject({ files: [], addsFile: true })
  })

  it('quoted and spaced names, and patches without prefixes', async () => {
    const hunk = '@@ -1,1 +1,1 @@\n-a\n+b\n'
    const quoted = `diff --git "a/d\\303\\251j\\303\\240 vu.txt" "b/d\\303\\251j\\303\\240 vu.txt"\n--- "a/d\\303\\251j\\303\\240 vu.txt"\n+++ "b/d\\303\\251j\\303\\240 vu.txt"\n${hunk}`
    const bare = `--- src/x.txt\n+++ src/x.txt\n${hunk}`
    const mnemonic = `diff --git i/y.txt w/y.txt\n--- i/y.txt\n+++ w/y.txt\n${hunk}`
    const files = { 'déjà vu.txt': 'a\n', 'src/x.txt': 'a\n', 'y.txt': 'a\n' }
    expect((await goldOf(quoted, files)).files).toEqual(['déjà vu.txt'])
    expect((await goldOf(bare, files)).files).toEqual(['src/x.txt'])
    expect((await goldOf(mnemonic, files)).files).toEqual(['y.txt'])
  })

  it("a file that doesn't parse keeps its path, and the functions that are recognized", async () => {
    const broken = 'def good():\n    return 1\n\ndef ((( \n  x = = 2\n'
    const gold = await goldOf(patchOf('@@ -5,1 +5,1 @@\n-  x = = 2\n+  x = 2\n'), { 'a.py': broken })
    expect(gold.files).toEqual(['a.py'])
    const generated = await goldOf(patchOf('@@ -1,1 +1,1 @@\n-a\n+b\n', 'data.bin'), { 'data.bin': 'a\n' })
    expect(generated).toMatchObject({ files: ['data.bin'], functions: [], kept: false })
  })

  const refused: [string, string][] = [
    ['a file that is not at base', patchOf('@@ -1,1 +1,1 @@\n-a\n+b\n', 'gone.py')],
    ['text that is not there', patchOf('@@ -1,1 +1,1 @@\n-import nothing\n+b\n')],
    ['no patch at all', 'hello\n'],
    ['a hunk cut short', patchOf('@@ -1,3 +1,3 @@\n-import os\n')],
  ]
  it.each(refused)('refuses %s', async (_, patch) => {
    await expect(goldOf(patch)).rejects.toMatchObject({ name: 'FuseSearchError', code: 'bad-patch' })
  })
})
