import { EventEmitter, once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'

/** A model that takes its time. */
export interface SlowModel {
  /** Environment of workers and submitters for it. */
  readonly env: Readonly<Record<string, string>>
  /** The numbers of the issues that it was asked about, in the order in which the searches began. */
  readonly asked: readonly number[]
  /** Resolves when this many searches have begun. */
  came(searches: number): Promise<void>
}

/**
 * Starts a model that reads a file after a while and then answers with it; `onAsk` is called with the number
 * first. An answer without a look would be rejected.
 */
export async function startSlowModel(
  afterMs: number,
  onAsk: (number: number) => void = () => undefined,
): Promise<SlowModel> {
  const asked: number[] = []
  const came = new EventEmitter()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      if (body.includes('"role":"tool"'))
        return reply(response, 'answer', { files: [{ path: 'shop/cart.py', functions: [] }] })
      const number = Number(/down: (\d+)%/.exec(body)?.[1])
      asked.push(number)
      came.emit('search')
      onAsk(number)
      setTimeout(() => reply(response, 'read_file', { path: 'shop/cart.py' }), afterMs)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => server.close().closeAllConnections())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    env: { FUSESEARCH_BASE_URL: `http://127.0.0.1:${port}/v1` },
    asked,
    async came(searches) {
      while (asked.length < searches) await once(came, 'search')
    },
  }
}

function reply(response: ServerResponse, name: string, given: object): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(`data: ${JSON.stringify(chunkOf(name, given))}\n\ndata: [DONE]\n\n`)
}

function chunkOf(name: string, given: object) {
  const call = { index: 0, id: 'c1', type: 'function', function: { name, arguments: JSON.stringify(given) } }
  return { choices: [{ index: 0, delta: { role: 'assistant', tool_calls: [call] }, finish_reason: 'tool_calls' }] }
}
