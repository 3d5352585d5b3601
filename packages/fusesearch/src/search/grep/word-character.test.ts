import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { packagedRg } from '../rg/locate.ts'
import { characterBefore, characterBehind, isWordCharacter } from './word-character.ts'

const rg = await packagedRg()

/** All code points beyond ASCII that a text can hold. */
const CODES = Array.from({ length: 0x11_00_00 - 0x80 }, (_, index) => index + 0x80).filter(
  (code) => code < 0xd800 || code > 0xdfff,
)

/** The code points that ripgrep takes for part of a word, of all of them. */
function wordCodes(): ReadonlySet<number> {
  const input = CODES.map((code) => `x${String.fromCodePoint(code)}\n`).join('')
  const argv = ['--no-config', '--text', '--encoding=none', '--line-number', '--invert-match']
  const { stdout } = spawnSync(rg, [...argv, '--word-regexp', '-e', 'x', '-'], { input, maxBuffer: 100_000_000 })
  const lines = stdout.toString('latin1').matchAll(/^(\d+):/gm)
  return new Set([...lines].map(([, line]) => CODES[Number(line) - 1] ?? 0))
}

test('a character that is decided here is what ripgrep takes it for', () => {
  const words = wordCodes()
  const told = CODES.map((code) => ({ code, isWord: isWordCharacter(Buffer.from(String.fromCodePoint(code))) }))
  const sure = told.filter(({ isWord }) => isWord !== undefined)
  expect(sure.filter(({ code, isWord }) => isWord !== words.has(code))).toEqual([])
  expect(sure.length).toBeGreaterThan(40_000)
})

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
