import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { packagedRg } from '../rg/locate.ts'
import { isWordCharacter } from './word-character.ts'

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
