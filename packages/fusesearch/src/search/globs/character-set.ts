/** The code points of a bracket such as `[a-z_]`, as pairs of first and last. The caller excludes the slash. */
export interface CharacterSet {
  readonly ranges: readonly (readonly [number, number])[]
  readonly isNegated: boolean
}

/** A parsed bracket with the index of its `]`, or why it is malformed. */
export type ReadSet = { readonly set: CharacterSet; readonly end: number } | { readonly problem: string }

/** The POSIX character classes in ASCII, as pairs of first and last. */
const CLASSES: Readonly<Record<string, string>> = {
  alnum: '09AZaz',
  alpha: 'AZaz',
  ascii: '\0\x7f',
  blank: '  \t\t',
  cntrl: '\0\x1f\x7f\x7f',
  digit: '09',
  graph: '!~',
  lower: 'az',
  print: ' ~',
  punct: '!/:@[`{~',
  space: '\t\r  ',
  upper: 'AZ',
  word: '09AZaz__',
  xdigit: '09AFaf',
}

/** Parses the bracket whose `[` is at `start`. */
export function readSet(characters: readonly string[], start: number): ReadSet {
  const isNegated = characters[start + 1] === '!' || characters[start + 1] === '^'
  const first = start + (isNegated ? 2 : 1)
  const ranges: (readonly [number, number])[] = []
  let at = first
  // A `]` in the first position belongs to the set.
  while (at < characters.length && (characters[at] !== ']' || at === first)) {
    const named = readClass(characters, at)
    if (named !== undefined) {
      ranges.push(...named.ranges)
      at = named.end
      continue
    }
    const low = readMember(characters, at)
    const isRange = characters[low.end] === '-' && (characters[low.end + 1] ?? ']') !== ']'
    const high = isRange ? readMember(characters, low.end + 1) : low
    if (high.code < low.code) {
      const range = characters.slice(at, high.end).join('')
      return { problem: `has the range ${range}, which runs backwards. Put the lower end first` }
    }
    ranges.push([low.code, high.code])
    at = high.end
  }
  if (at >= characters.length) return { problem: 'has a [ without its ]. Write \\[ for the character itself' }
  return { set: { ranges, isNegated }, end: at }
}

/** Says whether the set contains the code point or, with `ignoreCase`, the same letter in another case. */
export function isMember({ ranges, isNegated }: CharacterSet, code: number, ignoreCase: boolean): boolean {
  const forms = ignoreCase ? [code, toUpper(code), toLower(toUpper(code))] : [code]
  return forms.some((form) => ranges.some(([low, high]) => form >= low && form <= high)) !== isNegated
}

/** Maps a code point to upper case as `/x/i` does: not to several code points, and not from outside ASCII into ASCII. */
export function toUpper(code: number): number {
  if (code < 0x80) return code >= 0x61 && code <= 0x7a ? code - 0x20 : code
  const upper = onlyCodePoint(String.fromCodePoint(code).toUpperCase())
  return upper < 0x80 ? code : upper
}

function toLower(code: number): number {
  const lower = onlyCodePoint(String.fromCodePoint(code).toLowerCase())
  return code >= 0x80 && lower < 0x80 ? code : lower
}

/** Returns -1 for a text of several code points. */
function onlyCodePoint(text: string): number {
  const code = text.codePointAt(0) ?? -1
  return text.length === (code > 0xffff ? 2 : 1) ? code : -1
}

/** Reads one character of a set; `end` is the index behind it. */
function readMember(characters: readonly string[], at: number): { readonly code: number; readonly end: number } {
  const isEscaped = characters[at] === '\\' && at + 1 < characters.length
  const place = isEscaped ? at + 1 : at
  return { code: characters[place]?.codePointAt(0) ?? 0, end: place + 1 }
}

/** Reads `[:name:]`; returns undefined unless the class is known. */
function readClass(
  characters: readonly string[],
  at: number,
): { readonly ranges: readonly (readonly [number, number])[]; readonly end: number } | undefined {
  if (characters[at] !== '[' || characters[at + 1] !== ':') return undefined
  const name = characters.slice(at + 2, at + 10).join('')
  const length = name.indexOf(':]')
  const ends = Object.hasOwn(CLASSES, name.slice(0, Math.max(length, 0))) ? CLASSES[name.slice(0, length)] : undefined
  if (ends === undefined) return undefined
  const codes = Array.from(ends, (character) => character.charCodeAt(0))
  const ranges = codes.flatMap((low, index) => (index % 2 === 0 ? [[low, codes[index + 1] ?? low] as const] : []))
  return { ranges, end: at + 2 + length + 2 }
}
