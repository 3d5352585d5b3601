import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import {
  hostHeaderValidation,
  type NodeIncomingMessageLike,
  originValidation,
  toNodeHandler,
} from '@modelcontextprotocol/node'
import { createMcpHandler } from '@modelcontextprotocol/server'
import { FuseSearchError } from '../../core/index.ts'
import { createServer } from './server.ts'
import type { Serving } from './serving.ts'

/** Where a server over HTTP listens. */
export interface HttpOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Asked for as `Authorization: Bearer …` when set; must be set where `host` is not this machine alone. */
  readonly token: string | undefined
  /** Names beside those of this machine that requests may be sent to or come from. */
  readonly allowedHosts: readonly string[]
  readonly signal: AbortSignal
  readonly onListening: (url: string) => void
  readonly onError: (error: Error) => void
}

const PATH = '/mcp'
const MAX_BODY_BYTES = 4_000_000
const MAX_CONNECTIONS = 512
/** A request must have come within this time; answering it may take longer. */
const RECEIVE_MS = 30_000
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/**
 * Serves streamable HTTP at `/mcp` until the signal aborts; then everything that was begun has ended.
 * Throws `bad-argument` for an address beyond this machine without a token, and for one that can't be listened on.
 */
export async function serveOverHttp(serving: Serving, options: HttpOptions): Promise<void> {
  const { host, port, token, signal, onError } = options
  if (!isLoopback(host) && token === undefined) {
    const message = `The address ${host} is open to other machines. Set FUSESEARCH_TOKEN, or leave it out.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const handler = createMcpHandler(() => createServer(serving), {
    maxRequestBodySize: MAX_BODY_BYTES,
    onerror: onError,
  })
  const serve = toNodeHandler(handler, { maxRequestBodySize: MAX_BODY_BYTES, onerror: onError })
  const mayPass = guardOf(options)
  const http = createHttpServer((request, response) => {
    if (!mayPass(request, response)) return
    // The library's type leaves no room for the undefined that Node's own type has.
    serve(request as NodeIncomingMessageLike, response).catch((error: Error) => {
      onError(error)
      response.destroy()
    })
  })
  http.maxConnections = MAX_CONNECTIONS
  http.requestTimeout = RECEIVE_MS
  options.onListening(`http://${inUrl(host)}:${await listen(http, { host, port })}${PATH}`)
  await aborted(signal)
  await handler.close()
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
  await serving.close()
}

type Guard = (request: IncomingMessage, response: ServerResponse) => boolean

/** Answers what may not pass: a foreign Host or Origin (DNS rebinding), another path, a missing token. */
function guardOf({ host, token, allowedHosts }: HttpOptions): Guard {
  const names = [...LOOPBACK, inUrl(host), ...allowedHosts]
  const hasGoodHost = hostHeaderValidation(names)
  const hasGoodOrigin = originValidation(names)
  return (request, response) => {
    if (!hasGoodHost(request, response) || !hasGoodOrigin(request, response)) return false
    if (token !== undefined && !hasToken(request, token)) {
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer', Connection: 'close' }).end()
      return false
    }
    if (request.url?.split('?', 1)[0] === PATH) return true
    response.writeHead(404, { Connection: 'close' }).end()
    return false
  }
}

/** Compares digests, so that the time taken tells nothing of the token. */
function hasToken(request: IncomingMessage, token: string): boolean {
  const given = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const [a, b] = [given, token].map((text) => createHash('sha256').update(text).digest())
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function inUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

function listen(http: Server, address: { readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) => {
      const message = `Can't listen on ${address.host}:${address.port}: ${cause.message}. Take another --http port.`
      reject(new FuseSearchError(message, { code: 'bad-argument', cause }))
    })
    http.listen(address, () => {
      const bound = http.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : address.port)
    })
  })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
