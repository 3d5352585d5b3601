import type { Agent, IncomingMessage } from 'node:http'

/** What is posted. */
export interface Posting {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

/** Posts to one address over connections of its own, which are used again and end with it. */
export interface Poster {
  /** The response once its headers are there, whatever its status. Rejects when there is none, or when aborted. */
  post(posting: Posting): Promise<IncomingMessage>
  close(): void
}

/** A request on a connection that the other side had closed in the meantime: no attempt at all. */
export class StaleConnection extends Error {}

/**
 * Plain `http` and `https` rather than `fetch`, which leaves a new idle connection behind each aborted request, gives
 * up on a silence of five minutes, and has no way to end its connections.
 */
export function createPoster(url: URL): Poster {
  let agent: Agent | undefined
  return {
    close: () => agent?.destroy(),
    post: async (posting) => {
      // Loaded with the first request: who only names a model pays nothing for it.
      const http = await (url.protocol === 'https:' ? import('node:https') : import('node:http'))
      posting.signal.throwIfAborted()
      agent ??= new http.Agent({ keepAlive: true })
      return begin(http.request, { url, agent, posting })
    },
  }
}

interface Begun {
  readonly url: URL
  readonly agent: Agent
  readonly posting: Posting
}

type Request = typeof import('node:http').request

function begin(request: Request, { agent, posting, url }: Begun): Promise<IncomingMessage> {
  const { body, headers, signal } = posting
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) }
    const outgoing = request(url, { method: 'POST', agent, signal, headers: { ...headers, ...length } })
    outgoing.on('response', resolve)
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(isStale && !signal.aborted ? new StaleConnection() : error)
    })
    outgoing.end(body)
  })
}
