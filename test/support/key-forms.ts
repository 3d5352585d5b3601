/** Changes some characters, chosen at random, and keeps others. */
export type Draw = () => number
const each = (text: string, change: (character: string) => string, draw: Draw): string =>
  Array.from(text)
    .map((character) => (draw() % 2 === 0 ? character : change(character)))
    .join('')
const hexOf = (text: string): string => Buffer.from(text).toString('hex')
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const unicode = (character: string): string => String.raw`\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
const percent = (character: string): string => `%${hexOf(character)}`
const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
const dumped = (text: string, gap: string): string => (hexOf(text).match(/../g) ?? []).join(gap)

/** What a key may look like. */
export const KEY_FORMS: Readonly<Record<string, (key: string, draw: Draw) => string>> = {
  'as it is': (key) => key,
  'in capitals': (key) => key.toUpperCase(),
  'in small letters': (key) => key.toLowerCase(),
  'in changed case': (key, draw) =>
    each(key, (one) => (/[a-z]/.test(one) ? one.toUpperCase() : one.toLowerCase()), draw),
  'for a URL': (key) => encodeURIComponent(key),
  'percent signs for some': (key, draw) => each(key, percent, draw),
  'percent signs for all, in capitals': (key) => each(key, percent, () => 1).toUpperCase(),
  'percent signs twice': (key, draw) => encodeURIComponent(each(key, percent, draw)),
  'for HTML': html,
  'HTML numbers for some': (key, draw) => each(key, (one) => `&#${one.charCodeAt(0)};`, draw).replaceAll('<', '&lt;'),
  'HTML numbers in hexadecimal': (key) =>
    each(
      key,
      (one) => `&#x${hexOf(one)};`,
      () => 1,
    ),
  'a JSON text': (key) => JSON.stringify(key).slice(1, -1),
  'a JSON text in a JSON text': (key) => JSON.stringify(JSON.stringify(key)).slice(1, -1),
  'JSON escapes for some': (key, draw) => each(key, unicode, draw).replaceAll(/\\(?!u)/g, '\\\\'),
  'JSON escapes for all, in HTML': (key) => html(each(key, unicode, () => 1)),
  'escapes of bytes': (key, draw) =>
    each(key.replaceAll('\\', '\\\\'), (one) => (one === '\\' ? one : `\\x${hexOf(one)}`), draw),
  'cut by unseen characters': (key) => Array.from(key).join('\u200b'),
  'in hexadecimal': hexOf,
  'in hexadecimal, in capitals': (key) => hexOf(key).toUpperCase(),
  'in hexadecimal with colons': (key) => dumped(key, ':'),
  'in hexadecimal with blanks': (key) => dumped(key, ' '),
  'in a list of bytes': (key) => dumped(key, ', 0x'),
  'in base64': base64,
  'in base64url': (key) => Buffer.from(key).toString('base64url'),
  'in base64 behind one byte': (key) => base64(`a${key}`),
  'in base64 behind two bytes': (key) => base64(`ab${key}`),
  'in base64 with a user before it': (key) => base64(`user:${key}`),
  'in base64 in the middle': (key) => base64(`Bearer ${key} for you`),
  'in base64 in lines': (key) => (base64(`user:${key}`).match(/.{1,20}/g) ?? []).join('\r\n'),
  'in base64 for a URL': (key) => encodeURIComponent(base64(`user:${key}`)),
  'in base64 as JSON': (key) => JSON.stringify((base64(key).match(/.{1,19}/g) ?? []).join('\n')).slice(1, -1),
}

/** Pieces of the form, of eight characters, that are still there. */
export function leftOf(form: string, shown: string): readonly string[] {
  const size = Math.min(8, form.length)
  const pieces = Array.from({ length: form.length - size + 1 }, (_, at) => form.slice(at, at + size))
  return pieces.filter((piece) => shown.includes(piece))
}
