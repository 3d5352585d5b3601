import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { FuseSearchError } from '../../core/index.ts'
import type { Guard } from './guard.ts'
import { type Problem, toProblem } from './problem.ts'

/** The server behind a door. */
export interface DoorOptions {
  readonly guard: Guard
  /** Paths that need no token, because they reveal nothing about what is searched. */
  readonly isOpen: (path: string) => boolean
  /** Serves a request that the guard has let through. */
  readonly serve: (request: IncomingMessage, response: ServerResponse) => unknown
  /** The body of a refusal, as JSON text. */
  readonly bodyOf: (problem: Problem) => string
  /** Called for each refusal, for counters. */
  readonly onRefused?: (problem: Problem, path: string) => void
  /** Takes over a connection that asks for another protocol. `refusal` is set if the guard refused it. */
  readonly upgrade?: (asked: Upgrade, refusal: Problem | undefined) => void
  readonly maxConnections?: number
}

/** A connection that asks for another protocol. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** The bytes that already arrived after the headers. */
  readonly head: Buffer
}

/** A server that listens. */
export interface Door {
  readonly url: string
  /** Accepts no more connections, waits for `finish` and for responses that are being written, then closes the rest. */
  close(finish: () => Promise<void>): Promise<void>
}

/** Time for a whole request, and for its headers, to arrive. A slower client only occupies a connection. */
const REQUEST_TIMEOUT_MS = 30_000
const HEADERS_TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 512
/** Time for responses that are being written when the server closes. */
const CLOSE_GRACE_MS = 100

/** Starts to listen. Throws FuseSearchError `bad-argument` if it can't listen on the address. */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { guard, isOpen, maxConnections = MAX_CONNECTIONS, serve, upgrade } = options
  const refusalOf = (request: IncomingMessage): Problem | undefined => {
    try {
      guard.check(request, isOpen)
      return undefined
    } catch (error) {
      return toProblem(error)
    }
  }
  const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS }
  const server = createServer(timeouts, (request, response) => {
    const problem = refusalOf(request)
    if (problem === undefined) serve(request, response)
    else refuse(problem, { options, request, response })
  })
  server.maxConnections = maxConnections
  if (upgrade !== undefined) {
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      socket.on('error', () => socket.destroy())
      upgrade({ request, socket, head }, refusalOf(request))
    })
  }
  await listen(server, guard)
  return {
    url: urlOf(server),
    async close(finish) {
      const isClosed = new Promise<void>((resolve) => server.close(() => resolve()))
      await finish()
      await Promise.race([isClosed, delay(CLOSE_GRACE_MS)])
      server.closeAllConnections()
      await isClosed
    },
  }
}

interface Refused {
  readonly options: DoorOptions
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

function refuse(problem: Problem, { options, request, response }: Refused): void {
  options.onRefused?.(problem, request.url ?? '')
  response
    .writeHead(problem.status, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...(problem.status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
    })
    .end(options.bodyOf(problem))
}

function listen(server: Server, { host, port }: Guard): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const fact = `Can't listen on port ${port} of ${host}: ${cause.message}`
      reject(new FuseSearchError(`${fact}. Take another address or port.`, { code: 'bad-argument', cause }))
    })
    server.listen(port, host, resolve)
  })
}

function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`
}
