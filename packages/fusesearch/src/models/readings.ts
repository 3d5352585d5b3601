/** A range of characters: the first, and the one after the last. */
export type Range = readonly [start: number, end: number]

/** A rewritten form of a text. */
export interface Reading {
  readonly text: string
  /** Maps a non-empty range to the original text. */
  readonly placeOf: (range: Range) => Range
}

/** Layers of escapes that are removed: JSON in JSON in HTML has three. */
const MAX_LAYERS = 3

/** The text itself, then the text with one layer of escapes removed after another. Takes time linear in the text. */
export function* readingsOf(text: string): Generator<Reading> {
  let outer: Reading = { text, placeOf: (range) => range }
  yield outer
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const before = outer
    const inner = rewrite(before.text, ESCAPE, unescape)
    if (inner.text === before.text) return
    outer = { text: inner.text, placeOf: (range) => before.placeOf(inner.placeOf(range)) }
    yield outer
  }
}

/** The text without the pattern's matches. The pattern is global and never matches an empty text. */
export function without(text: string, pattern: RegExp): Reading {
  return rewrite(text, pattern, () => '')
}

/**
 * `%41`; `&#65;`, `&#x41;` and `&amp;`, with or without the semicolon; `\u0041`, `\u{41}`, `\x41`, `\101` and `\`
 * before anything else; and invisible characters.
 */
const ESCAPE =
  /%([\da-f]{2})|&#(\d{1,7});?|&#x([\da-f]{1,6});?|&([a-z]{2,6});?|\\(?:u([\da-f]{4})|u\{([\da-f]{1,6})\}|x([\da-f]{2})|([0-7]{3})|([^]))|[\u00ad\u200b-\u200d\u2060\ufeff]/gi

/** HTML's names for characters that keys may contain. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  ast: '*',
  bsol: '\\',
  colon: ':',
  comma: ',',
  commat: '@',
  dash: '-',
  dollar: '$',
  equals: '=',
  excl: '!',
  grave: '`',
  gt: '>',
  hat: '^',
  hyphen: '-',
  lcub: '{',
  lowbar: '_',
  lpar: '(',
  lsqb: '[',
  lt: '<',
  num: '#',
  percnt: '%',
  period: '.',
  plus: '+',
  quest: '?',
  quot: '"',
  rcub: '}',
  rpar: ')',
  rsqb: ']',
  semi: ';',
  sol: '/',
  tilde: '~',
  verbar: '|',
}

const CONTROL: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** The character for one match of {@link ESCAPE}; undefined if it is no escape after all. */
function unescape(match: RegExpExecArray): string | undefined {
  const [, percent, decimal, hexadecimal, name, ...backslashed] = match
  const [octal, plain] = backslashed.slice(-2)
  const hex = percent ?? hexadecimal ?? backslashed.slice(0, -2).find((digits) => digits !== undefined)
  if (name !== undefined) return NAMED[name.toLowerCase()]
  if (plain !== undefined) return CONTROL[plain] ?? plain
  if (decimal === undefined && hex === undefined && octal === undefined) return ''
  const code =
    decimal === undefined
      ? Number.parseInt(hex ?? octal ?? '', hex === undefined ? 8 : 16)
      : Number.parseInt(decimal, 10)
  return code <= 0xff_ff ? String.fromCharCode(code) : undefined
}

/** A part of a rewritten text; it ends where the next part begins. */
interface Part {
  /** Where it begins in the rewritten text, and where in the original. */
  readonly at: number
  readonly from: number
  /** How many original characters its first character took. */
  readonly width: number
}

function rewrite(text: string, pattern: RegExp, change: (match: RegExpExecArray) => string | undefined): Reading {
  const pieces: string[] = []
  const parts: Part[] = [{ at: 0, from: 0, width: 1 }]
  let [length, done] = [0, 0]
  const add = (piece: string): void => {
    pieces.push(piece)
    length += piece.length
  }
  for (const match of text.matchAll(pattern)) {
    const changed = change(match)
    if (changed === undefined) continue
    add(text.slice(done, match.index))
    done = match.index + match[0].length
    if (changed !== '') parts.push({ at: length, from: match.index, width: match[0].length })
    add(changed)
    parts.push({ at: length, from: done, width: 1 })
  }
  add(text.slice(done))
  return {
    text: pieces.join(''),
    placeOf: ([start, end]) => {
      const [first, last] = [partAt(parts, start), partAt(parts, end - 1)]
      const lastStart = last.from + (end - 1 - last.at)
      return [first.from + (start - first.at), lastStart + (end - 1 === last.at ? last.width : 1)]
    },
  }
}

/** The part that contains a character: the last one that doesn't begin after it. */
function partAt(parts: readonly Part[], index: number): Part {
  let [low, high] = [0, parts.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((parts[middle]?.at ?? 0) <= index) low = middle
    else high = middle - 1
  }
  return parts[low] ?? { at: 0, from: 0, width: 1 }
}
