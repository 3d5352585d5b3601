import { expect, test } from 'vitest'
import { characterBefore, characterBehind, isWordCharacter } from './word-character.ts'

test.each([
  ['é', true],
  ['ж', true],
  ['中', true],
  ['\u0301', true],
  ['\u200d', true],
  ['”', false],
  ['…', false],
  ['。', false],
  ['→', false],
  ['\u{1f600}', false],
])('%s is part of a word: %s', (character, isWord) => {
  expect(isWordCharacter(Buffer.from(character))).toBe(isWord)
})

test('bytes that are no UTF-8 and characters of newer versions of Unicode are left to ripgrep', () => {
  for (const bytes of [[0xff], [0x80], [0xc3], [0xe2, 0x84], [0xc3, 0xa9, 0xa9], [0x41, 0x80], [0xed, 0xa0, 0x80]]) {
    expect(isWordCharacter(Buffer.from(bytes))).toBeUndefined()
  }
  expect(isWordCharacter(Buffer.from('\u088f'))).toBeUndefined()
})

test('the characters around a place, whatever stands farther away', () => {
  const bytes = Buffer.from('aé\u{1f600}x中é')
  const x = bytes.indexOf('x')
  expect(characterBefore(bytes, 0, x).toString()).toBe('\u{1f600}')
  expect(characterBehind(bytes, x + 1, bytes.length).toString()).toBe('中')
  expect(characterBefore(bytes, x - 2, x)).toHaveLength(2)
  expect(characterBehind(bytes, x + 1, x + 3)).toHaveLength(2)
})
