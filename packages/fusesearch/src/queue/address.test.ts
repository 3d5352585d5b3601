import { describe, expect, test } from 'vitest'
import { parseQueueAddress } from './address.ts'

describe('the address of a queue', () => {
  test('is split into its parts, and shown without user and password', () => {
    const address = parseQueueAddress('rediss://me:p%40ss@queue.example.org:7000/3', {})
    expect(address).toMatchObject({ host: 'queue.example.org', port: 7000, database: 3, isEncrypted: true })
    expect(address).toMatchObject({ user: 'me', password: 'p@ss', shown: 'rediss://queue.example.org:7000/3' })
    expect(address.secrets).toEqual(['me', 'p@ss', 'p%40ss'])
    expect(parseQueueAddress('redis://[::1]', {})).toMatchObject({ host: '::1', port: 6379, database: 0 })
  })

  test('takes the password from the environment if it has none', () => {
    const env = { FUSESEARCH_QUEUE_PASSWORD: 'from-env' }
    expect(parseQueueAddress('redis://h', env).password).toBe('from-env')
    expect(parseQueueAddress('redis://:own@h', env).password).toBe('own')
  })

  test.each([
    'h:6379',
    'http://:secret@h',
    'redis://',
    'redis://:se/cret@h',
    'redis://u:12/secret@h',
    'redis://:se?cret@h',
    'redis://:se#cret@h',
    'redis://h/0/secret',
    'redis://h?password=secret',
  ])('refuses %s and does not repeat it', (text) => {
    let message = ''
    try {
      parseQueueAddress(text, {})
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toContain("--queue isn't the address of a Redis")
    expect(message).not.toMatch(/secret|se\/cret|se\?cret|se#cret/)
  })
})
