import { describe, expect, it } from 'vitest'
import { fit, toShownJson, toShownText } from './shown-text.ts'

describe('toShownText', () => {
  it('escapes characters that move the cursor, are invisible, or change the direction of writing', () => {
    expect(toShownText('a\u001b[2Jb\nc\td\u009b1me\u202ef\u200bg')).toBe(
      'a\\u001b[2Jb\\nc\\td\\u009b1me\\u202ef\\u200bg',
    )
  })

  it('leaves other scripts and whole emoji unchanged, and escapes a lone surrogate', () => {
    expect(toShownText('größe 日本 🎉')).toBe('größe 日本 🎉')
    expect(toShownText('half \ud83c')).toBe('half \\ud83c')
  })
})

describe('toShownJson', () => {
  it('has no raw control character and parses to an equal value', () => {
    const value = { path: 'a\u001b\u009b\u202e\u007f\n"é🎉' }
    const text = toShownJson(value, 2)
    expect(text).not.toMatch(/[\u007f-\u009f\u202e]/)
    expect(JSON.parse(text)).toEqual(value)
  })
})

describe('fit', () => {
  it('keeps short text and marks a cut at either end', () => {
    expect(fit('abc', 3)).toBe('abc')
    expect(fit('abcdef', 4)).toBe('abc…')
    expect(fit('src/a/b.ts', 5, 'start')).toBe('…b.ts')
    expect(fit('abc', 1)).toBe('…')
    expect(fit('abc', 0)).toBe('')
  })
})
