import { type Range, type Reading, readingsOf, without } from './readings.ts'

const MARK = '[key]'

/** Shorter keys are taken out only where they stand as a word, as they are: `x` occurs in every text. */
const MIN_KEY = 8

/** What looks like a key, whoever's it is. */
const KEY_LIKE = /\b(?:sk|pk|rk)-[\w-]{12,}|\bBearer\s+[^\s"',;]{3,}[^\s"',;.]/gi

/**
 * Takes the key, what else is secret, and what looks like a key, out of a text that people or trajectories get to see.
 * A secret of eight characters or more is found in any case, behind escapes of URLs, HTML and JSON, also where only some
 * of its characters are escaped, in hexadecimal, and in base64 and base64url, also as part of a longer text such as
 * `user:KEY`. Takes time linear in the text.
 */
export function createRedactor(key: string | undefined, secrets: readonly string[] = []): (text: string) => string {
  const known = [...(key === undefined ? [] : [key]), ...secrets].filter((secret) => secret !== '')
  const remove = removerOf(known)
  const short = known.filter(isShort).map(wordPattern)
  return (text) => short.reduce((shown, pattern) => shown.replace(pattern, MARK), remove(text)).replace(KEY_LIKE, MARK)
}

/** Takes the keys alone out, in every form: for what a model wrote, of which nothing else may change. */
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

/** What to look for in a reading; all in lower case. */
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
 * A secret as it is, with its bytes as escapes of bytes give them, and as the query of a URL writes its blanks. One that
 * looks as if it held escapes is looked for without them as well, for so it reads where other characters are escaped.
 */
function plainForms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret).toString('latin1')
  const forms = [...[...readingsOf(secret)].map(({ text }) => text), bytes]
  return [...new Set([...forms, ...forms.map((form) => form.replaceAll(' ', '+'))])].filter((form) => !isShort(form))
}

/** As long as before, so that places stay: `toLowerCase` makes two characters of some. */
function lower(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/**
 * The base64 of a secret behind any other text. Three bytes become four characters, so there are three forms, by how
 * many bytes of a group come before; characters that other bytes have a share in are left out.
 */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret)
  return [0, 1, 2].map((before) => {
    const bits = (before + bytes.length) * 8
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return whole.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6))
  })
}

/** Between the digits of a hexadecimal dump. */
const HEX_GAPS = /0x|[\s:,;-]/gi
/** Base64 is often cut into lines. */
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

/** Ranges as long as the base64 around them: its neighbours hold the rest of the bits. */
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
