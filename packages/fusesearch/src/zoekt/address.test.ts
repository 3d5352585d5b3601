import { expect, test } from 'vitest'
import { zoektAddress } from './address.ts'

test("a user and a password become a header and aren't shown", () => {
  const address = zoektAddress('https://us%40er:p%3Ass@zoekt.example.org:8443/code?key=secret#x')
  expect(address.authorization).toBe(`Basic ${Buffer.from('us@er:p:ss').toString('base64')}`)
  expect(address.shown).toBe('https://zoekt.example.org:8443/code')
  expect(new URL('api/list', address.url).href).toBe('https://zoekt.example.org:8443/code/api/list')
  expect(zoektAddress('http://localhost:6070')).toMatchObject({
    authorization: undefined,
    shown: 'http://localhost:6070',
  })
})

test('refuses an invalid address without repeating it', () => {
  for (const given of ['user:secret@host', 'ftp://u:secret@host', '', 'file:///etc/secret']) {
    expect(() => zoektAddress(given)).toThrow(/^The address of zoekt isn't a URL/)
  }
})
