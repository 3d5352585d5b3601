import { type NodeIncomingMessageLike, toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { type Address, createGuard, openDoor } from '../door/index.ts'
import { createServer } from './server.ts'
import type { Serving } from './serving.ts'

/** Where a server over HTTP listens. */
export interface HttpOptions extends Address {
  readonly signal: AbortSignal
  readonly onListening: (url: string) => void
  readonly onError: (error: Error) => void
}

const PATH = '/mcp'
const MAX_BODY_BYTES = 4_000_000
/** The protocol's code for failures of its transport. */
const TRANSPORT_ERROR = -32_000

/**
 * Serves streamable HTTP at `/mcp` until the signal aborts and all work has ended.
 * Throws `bad-argument` for an address that other machines can reach without a token, a token that is too short, an
 * allowed name that is no host name, and an address on which it can't listen.
 */
export async function serveOverHttp(serving: Serving, options: HttpOptions): Promise<void> {
  const { signal, onError } = options
  const limits = { maxRequestBodySize: MAX_BODY_BYTES, onerror: onError }
  const handler = createMcpHandler(() => createServer(serving), limits)
  const serve = toNodeHandler(handler, limits)
  const door = await openDoor({
    guard: createGuard(options),
    isOpen: () => false,
    serve: (request, response) => {
      if (request.url?.split('?', 1)[0] !== PATH) return response.writeHead(404).end()
      // Node's type allows undefined where the library's type doesn't.
      return serve(request as NodeIncomingMessageLike, response).catch((error: Error) => {
        onError(error)
        response.destroy()
      })
    },
    bodyOf: ({ message }) => JSON.stringify({ jsonrpc: '2.0', error: { code: TRANSPORT_ERROR, message }, id: null }),
  })
  options.onListening(`${door.url}${PATH}`)
  await aborted(signal)
  await door.close(() => handler.close())
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
