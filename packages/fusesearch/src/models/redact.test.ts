import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { array, assert, constantFrom, nat, property, string } from 'fast-check'
import { expect, it } from 'vitest'
import { KEY_FORMS, leftOf } from '../../../../test/support/key-forms.ts'
import { createKeyRemover, createRedactor } from './redact.ts'

const KEY = 'sk-Ab3/x+9_Zq~7"<&%w'
const remove = createKeyRemover([KEY])
const toBase64 = (text: string): string => Buffer.from(text).toString('base64')

/** Characters of a header, without the blank and without those that start escapes: a key contains none of these. */
const KEY_CHARACTERS = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).filter(
  (character) => !'%&\\'.includes(character),
)
const anyKey = array(constantFrom(...KEY_CHARACTERS), { minLength: 8, maxLength: 80 }).map((all) => all.join(''))

/** The places in which a key can occur. */
const PLACES: Readonly<Record<string, (form: string) => string>> = {
  alone: (form) => form,
  'in prose': (form) => `The value ${form} was refused.`,
  'in JSON': (form) => `{"error":{"message":"bad value (${form})","code":401}}`,
  'in HTML': (form) => `<html><body><p class="x">Value: ${form}</p></body></html>`,
  'in a header': (form) => `Authorization: Basic ${form}\r\nHost: example.org\r\n`,
  'in an address': (form) => `https://example.org/v1?k=${form}&x=1`,
  twice: (form) => `${form} ${form}`,
}

it.each(Object.entries(KEY_FORMS))('takes out a key %s', (_name, toForm) => {
  const anyPlace = constantFrom(...Object.values(PLACES))
  const anyDraws = array(nat(), { minLength: 7, maxLength: 7 })
  assert(
    property(anyKey, anyPlace, anyDraws, (key, toText, draws) => {
      let drawn = 0
      const form = toForm(key, () => draws[drawn++ % draws.length] ?? 0)
      const shown = createKeyRemover([key])(toText(form))
      expect(leftOf(form, shown), shown).toEqual([])
      expect(createRedactor(key)(toText(form))).toContain('[key]')
    }),
  )
})

it('leaves what stands around a key as it is', () => {
  for (const [name, toForm] of Object.entries(KEY_FORMS)) {
    for (const toText of Object.values(PLACES)) {
      const shown = remove(toText(toForm(KEY, () => 1)))
      const left = name === 'a JSON text in a JSON text' ? String.raw`\"[key]\"` : '[key]'
      expect(shown, name).toBe(toText(left))
    }
  }
})

it('leaves texts without a key alone', () => {
  const folder = import.meta.dirname
  const own = readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('redact.test.ts'))
  for (const text of own.map((path) => readFileSync(path, 'utf8'))) expect(remove(text)).toBe(text)
  assert(property(string({ unit: 'binary' }), (text) => remove(text) === text))
  assert(
    property(
      string({ unit: constantFrom('%', '&', '#', '\\', 'u', '4', '1', ';', 'x', '{', '}') }),
      (text) => remove(text) === text,
    ),
  )
})

it('takes a short key out of errors alone, and only where it stands as a word', () => {
  const redact = createRedactor('abc12')
  expect(redact('key abc12, "abc12" and xabc12y')).toBe('key [key], "[key]" and xabc12y')
  expect(redact(`Basic ${toBase64('abc12')}`)).toBe('Basic [key]')
  expect(createKeyRemover(['abc12'])('key abc12')).toBe('key abc12')
  expect(createRedactor(undefined)('nothing is known')).toBe('nothing is known')
})

it('takes out what looks like a key, and secrets that are no ASCII', () => {
  expect(createRedactor(undefined)('sk-0123456789abcdef, Bearer abcdefgh.')).toBe('[key], [key].')
  const redact = createRedactor(undefined, ['gehe\u00edm Wort'])
  for (const form of ['gehe\u00edm Wort', 'gehe%C3%ADm%20Wort', 'gehe%C3%ADm+Wort', toBase64('gehe\u00edm Wort')]) {
    expect(redact(`/x?k=${form}&y`)).toBe('/x?k=[key]&y')
  }
})

it('takes time linear in the text', () => {
  const size = 100_000
  const key = 'abcabcabcabcabcabcabcabcabd'
  const hostile = [
    '%',
    '%61',
    '%2',
    '&#',
    '&#x',
    '&amp;',
    '\\',
    '\\u',
    '\\\\',
    '\\u0061',
    '\u200b',
    ' ',
    'abc',
    'YWJj',
    '616263',
    key,
    toBase64(key),
    `${toBase64(key)}\n`,
  ]
  const own = createKeyRemover([key])
  for (const piece of hostile) {
    const text = piece.repeat(size / piece.length)
    const before = process.cpuUsage()
    own(text)
    // Measure processor time, since a busy machine takes longer.
    expect(process.cpuUsage(before).user, piece).toBeLessThan(2_000_000)
  }
})
