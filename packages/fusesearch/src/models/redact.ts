import { type Range, type Reading, readingsOf, without } from './readings.ts'

const MARK = '[key]'

/** Shorter keys are removed only where they occur literally as a whole word: `x` occurs in every text. */
const MIN_KEY = 8

/** Anything that looks like a key. */
const KEY_LIKE = /\b(?:sk|pk|rk)-[\w-]{12,}|\bBearer\s+[^\s"',;]{3,}[^\s"',;.]/gi

/**
 * Removes the key, other secrets, and anything that looks like a key from a text for people or trajectories. Finds a
 * secret of eight or more characters in upper or lower case, with any of its characters escaped (URL, HTML, JSON), in
 * hexadecimal, and in base64 and base64url, also as part of a longer text such as `user:KEY`. Takes time linear in the
 * text.
 */
export function createRedactor(key: string | undefined, secrets: readonly string[] = []): (text: string) => string {
  const known = [...(key === undefined ? [] : [key]), ...secrets].filter((secret) => secret !== '')
  const remove = removerOf(known)
  const short = known.filter(isShort).map(wordPattern)
  return (text) => short.reduce((shown, pattern) => shown.replace(pattern, MARK), remove(text)).replace(KEY_LIKE, MARK)
}

/** Removes only the keys, in every form. For a model's text, in which nothing else may change. */
export function createKeyRemover(keys: readonly string[]): (text: string) => string {
  return removerOf(keys)
}

function isShort(secret: string): boolean {
  return secret.length < MIN_KEY
}

function wordPattern(secret: string): RegExp {
  const forms = [secret, encodeURIComponent(Buffer.from(secret).toString()), Buffer.from(secret).toString('base64')]
  const escaped = forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`))
  return new RegExp(`(?<!\\w)(?:${escaped.join('|')})(?!\\w)`, 'g')
}

/** What to look for in a reading, in lower case. */
interface Needles {
  readonly plain: readonly string[]
  readonly hex: readonly string[]
  readonly base64: readonly string[]
}

function removerOf(secrets: readonly string[]): (text: string) => string {
  const long = secrets.filter((secret) => !isShort(secret))
  if (long.length === 0) return (text) => text
  const needles: Needles = {
    plain: long.flatMap(plainForms).map(lower),
    hex: long.map((secret) => Buffer.from(secret).toString('hex')),
    base64: long.flatMap(base64Forms).map(lower),
  }
  return (text) => {
    const ranges = [...readingsOf(text)].flatMap((reading) => rangesIn(reading, needles))
    return ranges.length === 0 ? text : replaceRanges(text, ranges)
  }
}

/**
 * The secret itself, its bytes as byte escapes decode them, and the form with blanks as a URL's query writes them. If
 * the secret looks as if it contained escapes, its unescaped form too: that is how it reads after unescaping.
 */
function plainForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret).toString('latin1')
  const forms = [...[...readingsOf(secret)].map(({ text }) => text), bytes]
  return [...new Set([...forms, ...forms.map((form) => form.replaceAll(' ', '+'))])].filter((form) => !isShort(form))
}

/** Lower case of the same length, so that positions stay valid: `toLowerCase` turns some characters into two. */
function lower(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/**
 * The base64 forms of a secret inside a longer text. Three bytes become four characters, so there are three forms, by
 * the secret's offset in a group. Characters that also encode bits of neighbouring bytes are left out.
 */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [0, 1, 2].map((before) => {
    const bits = (before + bytes.length) * 8
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return whole.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6))
  })
}

/** Separators in a hexadecimal dump. */
const HEX_GAPS = /0x|[\s:,;-]/gi
/** Base64 is often split into lines. */
const BLANKS = /\s+/g

function rangesIn({ placeOf, text }: Reading, needles: Needles): readonly Range[] {
  const reading = lower(text)
  const dump = without(reading, HEX_GAPS)
  const lines = without(reading.replaceAll('-', '+').replaceAll('_', '/'), BLANKS)
  const encoded = needles.base64.flatMap((needle) => placesIn(lines.text, needle).map(lines.placeOf))
  return [
    ...needles.plain.flatMap((needle) => placesIn(reading, needle)),
    ...needles.hex.flatMap((needle) => placesIn(dump.text, needle).map(dump.placeOf)),
    ...wholeRuns(reading, encoded),
  ].map(placeOf)
}

function placesIn(text: string, needle: string): Range[] {
  const places: Range[] = []
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) {
    places.push([at, at + needle.length])
  }
  return places
}

const BASE64_CHARACTER = /[\w+/-]/

/** Extends ranges to the whole base64 run, since adjacent characters contain the remaining bits. */
function wholeRuns(text: string, ranges: readonly Range[]): readonly Range[] {
  let last = 0
  return ranges
    .toSorted(([a], [b]) => a - b)
    .flatMap(([from, to]): Range[] => {
      if (to <= last) return []
      let [start, end] = [Math.max(from, last), to]
      while (start > last && BASE64_CHARACTER.test(text[start - 1] ?? '')) start--
      while (BASE64_CHARACTER.test(text[end] ?? '')) end++
      while (text[end] === '=') end++
      last = end
      return [[start, end]]
    })
}

function replaceRanges(text: string, ranges: readonly Range[]): string {
  const pieces: string[] = []
  let done = 0
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    if (start >= done) pieces.push(text.slice(done, start), MARK)
    done = Math.max(done, end)
  }
  return [...pieces, text.slice(done)].join('')
}
