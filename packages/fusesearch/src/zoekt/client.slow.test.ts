import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { zoektAddress } from './address.ts'
import { createClient, LongAnswer } from './client.ts'

test('an endless answer is cut off at its limit', async () => {
  const chunk = Buffer.alloc(4_000_000, 0x20)
  const server = createServer((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) continue
    }
    response.on('drain', more)
    more()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = createClient(zoektAddress(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  onTestFinished(() => {
    client.close()
    server.closeAllConnections()
    server.close()
  })
  const failure = client.ask('search', { Q: 'x' }, new AbortController().signal)
  await expect(failure).rejects.toThrow(LongAnswer)
  await expect(failure).rejects.toThrow(/answered with more than 256000000 bytes\. Check the address/)
})
