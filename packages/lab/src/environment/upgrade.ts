import type { Duplex } from 'node:stream'
import type { DoorOptions, Problem } from 'fusesearch/serve'
import { WebSocketServer } from 'ws'
import type { Hub } from './hub.ts'
import { MAX_MESSAGE_BYTES } from './limits.ts'

type Refusal = Pick<Problem, 'message' | 'status'>

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  503: 'Service Unavailable',
}

/** Accepts upgrade requests for sessions, without extensions or sub-protocols, and refuses others with the reason. */
export function upgradeTo(hub: Hub, closing: AbortSignal): NonNullable<DoorOptions['upgrade']> {
  // `Connection` closes and counts its sockets itself.
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
  })
  server.on('wsClientError', (error, socket) => {
    refuse(socket, { status: 400, message: `This isn't a WebSocket request: ${error.message}.` })
  })
  return ({ request, socket, head }, problem) => {
    const refusal = refusalAt(request.url, problem)
    if (closing.aborted) return refuse(socket, { status: 503, message: 'The server is shutting down.' })
    if (refusal !== undefined) return refuse(socket, refusal)
    server.handleUpgrade(request, socket, head, (upgraded) => hub.serve(upgraded))
  }
}

function refusalAt(url: string | undefined, problem: Problem | undefined): Refusal | undefined {
  if (problem !== undefined) return problem
  return url?.split('?', 1)[0] === '/ws' ? undefined : { status: 404, message: 'Sessions are at /ws.' }
}

function refuse(socket: Duplex, { status, message }: Refusal): void {
  const body = JSON.stringify({ error: { message } })
  const extra = status === 401 ? 'WWW-Authenticate: Bearer\r\n' : ''
  const head = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\nConnection: close\r\nContent-Type: application/json\r\n`
  socket.end(`${head}${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  // A client that doesn't read the answer must not keep the connection open.
  setTimeout(() => socket.destroy(), 1_000).unref()
}
