import type { Readable, Writable } from 'node:stream'
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio'
import { createServer } from './server.ts'
import type { Serving } from './serving.ts'

/** Options of {@link serveOverStdio}. */
export interface StdioOptions {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly signal: AbortSignal
  /** Called for errors outside the protocol. */
  readonly onError: (error: Error) => void
}

/** Largest message of a client, in bytes. */
const MAX_MESSAGE_BYTES = 4_000_000

/** Serves one client until it closes its end or the signal aborts, and until all work has ended. */
export async function serveOverStdio(serving: Serving, options: StdioOptions): Promise<void> {
  const { stdin, stdout, signal, onError } = options
  const transport = new EndingTransport(stdin, stdout, { maxBufferSize: MAX_MESSAGE_BYTES })
  const handle = serveStdio(() => createServer(serving), { transport, onerror: onError })
  await Promise.race([ended(stdin, signal), transport.ended])
  await handle.close()
}

/** Reports when it closes, since it closes itself after a message that is too large. */
class EndingTransport extends StdioServerTransport {
  readonly #ending = new AbortController()
  readonly ended = new Promise<void>((resolve) => {
    this.#ending.signal.addEventListener('abort', () => resolve())
  })

  override async close(): Promise<void> {
    await super.close()
    this.#ending.abort()
  }
}

function ended(stdin: Readable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || stdin.destroyed) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
    for (const event of ['end', 'close', 'error']) stdin.once(event, () => resolve())
  })
}
