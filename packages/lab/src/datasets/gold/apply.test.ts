import { createTwoFilesPatch, parsePatch } from 'diff'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyHunks } from './apply.ts'

const hunksOf = (patch: string) => parsePatch(`--- a/x\n+++ b/x\n${patch}`)[0]?.hunks ?? []
const apply = (text: string, patch: string) => applyHunks(text, hunksOf(patch), 'x')
const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('')

describe('applyHunks', () => {
  it('reports removed lines and insertions by their lines in the old text', () => {
    const applied = apply('a\nb\nc\nd\n', '@@ -1,4 +1,6 @@\n a\n-b\n+B\n c\n+new\n+er\n d\n')
    expect(applied).toEqual({ text: 'a\nB\nc\nnew\ner\nd\n', removed: [2], insertedAfter: [2, 3] })
  })

  it('shifts a later hunk by earlier insertions, and finds hunks away from their stated line', () => {
    const patch = '@@ -2,2 +2,4 @@\n line 2\n+x\n+y\n line 3\n@@ -8,2 +10,1 @@\n-line 8\n line 9\n'
    expect(apply(numbered(1, 10), patch)).toMatchObject({ removed: [8], insertedAfter: [2] })
    const shifted = apply(`0\n0\n0\n${numbered(1, 10)}`, patch)
    expect(shifted).toMatchObject({ removed: [11], insertedAfter: [5] })
  })

  it('takes the nearest of several fits', () => {
    const text = 'same\nend\n1\n2\n3\nsame\nend\n'
    expect(apply(text, '@@ -5,2 +5,1 @@\n-same\n end\n').removed).toEqual([6])
    expect(apply(text, '@@ -2,2 +2,1 @@\n-same\n end\n').removed).toEqual([1])
  })

  it('inserts without context at the stated line, the beginning and the end of a file', () => {
    expect(apply('a\nb\n', '@@ -1,0 +2,1 @@\n+x\n')).toMatchObject({ text: 'a\nx\nb\n', insertedAfter: [1] })
    expect(apply('a\n', '@@ -1,1 +1,2 @@\n+x\n a\n')).toMatchObject({ text: 'x\na\n', insertedAfter: [0] })
    expect(apply('a\n', '@@ -1,1 +1,2 @@\n a\n+x\n')).toMatchObject({ text: 'a\nx\n', insertedAfter: [1] })
  })

  it('keeps a missing last line end, and adds or removes it', () => {
    const marker = '\\ No newline at end of file\n'
    expect(apply('a\nb', `@@ -1,2 +1,2 @@\n-a\n+A\n b\n${marker}`).text).toBe('A\nb')
    expect(apply('a\nb', `@@ -1,2 +1,2 @@\n a\n-b\n${marker}+b\n`).text).toBe('a\nb\n')
    expect(apply('a\nb\n', `@@ -1,2 +1,2 @@\n a\n-b\n+b\n${marker}`).text).toBe('a\nb')
  })

  it('ignores line ends, and spaces only if nothing fits with them', () => {
    expect(apply('a\r\nb\r\n', '@@ -1,2 +1,1 @@\n-a\n b\n')).toMatchObject({ text: 'b\r\n', removed: [1] })
    expect(apply('  a\n', '@@ -1,1 +1,2 @@\n     a\n+b\n').text).toBe('  a\nb\n')
    expect(apply('  a\n\ta\n', '@@ -1,1 +1,0 @@\n-\ta\n').removed).toEqual([2])
  })

  it.each(['@@ -1,1 +1,1 @@\n-other\n+x\n', '@@ -1,2 +1,2 @@\n a\n-missing\n+x\n'])(
    'refuses what does not fit: %j',
    (patch) => {
      expect(() => apply('a\nb\n', patch)).toThrowError(expect.objectContaining({ code: 'bad-patch' }))
    },
  )

  it('refuses hunks out of order: a later one never lands before an earlier one', () => {
    const patch = '@@ -3,1 +3,1 @@\n-c\n+C\n@@ -1,1 +1,1 @@\n-a\n+A\n'
    expect(() => apply('a\nb\nc\n', patch)).toThrowError(/doesn't match/)
  })

  it('turns any text into any other by the patch between them', () => {
    const text = fc
      .array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'é\r\n'), { maxLength: 20 })
      .map((lines) => lines.join(''))
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 3 }), (before, after, context) => {
        const patch = createTwoFilesPatch('a/x', 'b/x', before, after, undefined, undefined, { context })
        const applied = applyHunks(before, parsePatch(patch)[0]?.hunks ?? [], 'x')
        expect(applied.text).toBe(after)
      }),
    )
  })
})
