import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** The constant of RFC 6455 §1.3. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  426: 'Upgrade Required',
  503: 'Service Unavailable',
}

/** What is wrong with an upgrade request; undefined if it can be accepted (RFC 6455 §4.2.1). */
export function refusalOf({ headers, method }: IncomingMessage): { status: number; message: string } | undefined {
  const isUpgrade = headers.upgrade?.toLowerCase() === 'websocket'
  if (method !== 'GET' || !isUpgrade || !/^[A-Za-z0-9+/]{22}==$/.test(headers['sec-websocket-key'] ?? '')) {
    return { status: 400, message: "This isn't a WebSocket request." }
  }
  return headers['sec-websocket-version'] === '13'
    ? undefined
    : { status: 426, message: 'Only WebSocket version 13 is supported.' }
}

/** Switches the connection to WebSocket, without extensions or sub-protocols. */
export function accept(request: IncomingMessage, socket: Duplex): void {
  const key = request.headers['sec-websocket-key'] ?? ''
  const answer = createHash('sha1').update(`${key}${GUID}`).digest('base64')
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
  )
}

/** Refuses a request and ends its connection. */
export function refuse(
  socket: Duplex,
  { status, message }: { readonly status: number; readonly message: string },
): void {
  const body = JSON.stringify({ error: { message } })
  const extra = status === 401 ? 'WWW-Authenticate: Bearer\r\n' : status === 426 ? 'Sec-WebSocket-Version: 13\r\n' : ''
  const head = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}\r\nConnection: close\r\nContent-Type: application/json\r\n`
  socket.end(`${head}${extra}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
  // A client that doesn't read the answer must not keep the connection open.
  setTimeout(() => socket.destroy(), 1_000).unref()
}
