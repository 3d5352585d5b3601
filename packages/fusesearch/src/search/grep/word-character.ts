import { isUtf8 } from 'node:buffer'

/** What ripgrep's `\w` matches. */
const WORD_CHARACTER = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u

/**
 * Ranges without gaps whose characters have kept these properties since Unicode 10. Elsewhere the tables of Node and
 * ripgrep may be of different versions of Unicode, so ripgrep has to be asked.
 */
const SETTLED: readonly (readonly [first: number, last: number])[] = [
  // Latin, phonetic letters, accents; Greek; Cyrillic, Armenian; Hebrew, Arabic, Devanagari, Thai letters
  [0x80, 0x36f],
  [0x38e, 0x3a1],
  [0x3a3, 0x52f],
  [0x531, 0x556],
  [0x561, 0x586],
  [0x5d0, 0x5ea],
  [0x620, 0x6ff],
  [0x900, 0x97f],
  [0xe01, 0xe3a],
  [0xe3f, 0xe5b],
  // Latin with more accents, punctuation, currencies, arrows, mathematics, boxes, signs
  [0x1e00, 0x1eff],
  [0x2000, 0x2064],
  [0x20a0, 0x20bf],
  [0x2100, 0x218b],
  [0x2190, 0x23fe],
  [0x2500, 0x2b73],
  // Punctuation, Japanese, Chinese, Korean
  [0x3000, 0x303f],
  [0x3041, 0x3096],
  [0x3099, 0x30ff],
  [0x3400, 0x4db5],
  [0x4e00, 0x9fea],
  [0xac00, 0xd7a3],
  [0xff01, 0xffbe],
  // Emoji
  [0x1f300, 0x1f64f],
]

/**
 * Whether a character is part of words for ripgrep; undefined where only ripgrep can tell. `bytes`: one character beyond
 * ASCII in UTF-8, or what stands in its place.
 */
export function isWordCharacter(bytes: Buffer): boolean | undefined {
  if (!isUtf8(bytes)) return undefined
  const character = bytes.toString()
  const code = character.codePointAt(0) ?? 0
  return SETTLED.some(([first, last]) => code >= first && code <= last) ? WORD_CHARACTER.test(character) : undefined
}

/** The bytes of the character that ends before `end`, none of them before `start`. */
export function characterBefore(bytes: Buffer, start: number, end: number): Buffer {
  let at = end - 1
  while (at > start && at > end - MAX_BYTES && isContinuation(bytes[at])) at -= 1
  return bytes.subarray(at, end)
}

/** The bytes of the character that begins at `start`, none of them at `end` or behind. */
export function characterBehind(bytes: Buffer, start: number, end: number): Buffer {
  let at = start + 1
  while (at < end && at < start + MAX_BYTES && isContinuation(bytes[at])) at += 1
  return bytes.subarray(start, at)
}

/** Bytes of a character in UTF-8. */
const MAX_BYTES = 4

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte <= 0xbf
}
