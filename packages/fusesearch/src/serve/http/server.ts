import type { Server } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import { availableParallelism } from 'node:os'
import { createAdaptorServer } from '@hono/node-server'
import { FuseSearchError } from '../../core/index.ts'
import { createWorkspacePool } from '../../search/index.ts'
import { createApp } from './app.ts'
import { closing, createGate } from './gate.ts'
import { isLoopback, LOOPBACK_HOSTS } from './guard.ts'
import { DEFAULT_HTTP_LIMITS, SEARCHES_PER_CORE } from './limits.ts'
import { openRoots } from './roots.ts'
import { createService } from './service.ts'

/** How to serve. */
export interface HttpServerOptions {
  /** Folders that may be searched, and what lies in them. */
  readonly roots: readonly string[]
  /** `127.0.0.1` when left out. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
  /** Asked of every client as a bearer token; must be there for an address that others reach. */
  readonly token?: string
  /** Names that the Host header may have beside those of this machine. */
  readonly allowedHosts?: readonly string[]
  readonly version: string
  /** Searches at once; four for each core when left out. */
  readonly maxRunning?: number
  readonly maxQueued?: number
  readonly maxWaitMs?: number
  /** A search that takes longer answers with the best so far. */
  readonly maxRunMs?: number
  /** Told of each failure that is the server's own, for a log. */
  readonly onFailure?: (error: unknown) => void
}

/** A server that listens. */
export interface HttpServer {
  readonly url: string
  /** Real paths of the roots. */
  readonly roots: readonly string[]
  /** Takes no more requests, waits for those that run, ends what is left after `drainMs`, and frees everything. */
  close(drainMs: number): Promise<void>
}

/** A policy that doesn't come to its best answer in this time is ended. */
const RUN_GRACE_MS = 5_000
/** Time for a request to arrive whole: longer ones hold a connection for nothing. */
const REQUEST_TIMEOUT_MS = 30_000
const HEADERS_TIMEOUT_MS = 10_000
const MIN_TOKEN_LENGTH = 16

/**
 * Serves searches over HTTP until it is closed.
 * Throws FuseSearchError `bad-argument`: a root that isn't a folder, an address that others reach without a token, a
 * token that is too short, a port that is taken.
 */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { host = '127.0.0.1', maxRunMs = DEFAULT_HTTP_LIMITS.maxRunMs, onFailure = () => undefined, token } = options
  checkToken(host, token)
  const roots = await openRoots(options.roots)
  const pool = createWorkspacePool()
  const stop = new AbortController()
  const gate = createGate({
    maxRunning: options.maxRunning ?? SEARCHES_PER_CORE * availableParallelism(),
    maxQueued: options.maxQueued ?? DEFAULT_HTTP_LIMITS.maxQueued,
    maxWaitMs: options.maxWaitMs ?? DEFAULT_HTTP_LIMITS.maxWaitMs,
  })
  const app = createApp({
    service: createService({ roots, pool, maxRunMs }),
    gate,
    guard: { hosts: allowedHosts(host, options.allowedHosts), token },
    version: options.version,
    maxRequestMs: maxRunMs + RUN_GRACE_MS,
    closing: stop.signal,
    onFailure,
  })
  const server = createAdaptorServer({
    fetch: app.fetch,
    // The library's own switch: without it, Request and Response of the whole process would be replaced.
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS },
  }) as Server
  await listen(server, host, options.port)
  return {
    url: urlOf(server.address() as AddressInfo),
    roots: roots.folders,
    async close(drainMs) {
      const isClosed = new Promise<void>((resolve) => server.close(() => resolve()))
      const timer = setTimeout(() => stop.abort(closing()), drainMs)
      await gate.close()
      clearTimeout(timer)
      // Answers that are written go out; who keeps the connection open after that is let go.
      await Promise.race([isClosed, delay(100)])
      server.closeAllConnections()
      await isClosed
      await pool.close()
    },
  }
}

function checkToken(host: string, token: string | undefined): void {
  if (token !== undefined && token.length < MIN_TOKEN_LENGTH) {
    throw badArgument(`The token is shorter than ${MIN_TOKEN_LENGTH} characters. Take a longer one.`)
  }
  if (token !== undefined || isLoopback(host)) return
  throw badArgument(
    `Others can reach ${host}. Set FUSESEARCH_TOKEN to the token that they must send, or leave out --host.`,
  )
}

/** Null lets any name through: an address that others reach has names that it doesn't know, and asks for a token. */
function allowedHosts(host: string, more: readonly string[] = []): readonly string[] | null {
  if (!isLoopback(host) && more.length === 0) return null
  return [...LOOPBACK_HOSTS, isIPv6(host) ? `[${host}]` : host, ...more]
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const fact = `Can't listen on port ${port} of ${host}: ${cause.message}`
      reject(new FuseSearchError(`${fact}. Take another with --port.`, { code: 'bad-argument', cause }))
    })
    server.listen(port, host, resolve)
  })
}

function urlOf({ address, port }: AddressInfo): string {
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
