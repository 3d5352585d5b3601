import { availableParallelism } from 'node:os'
import { getRequestListener } from '@hono/node-server'
import { type Backend, createWorkspacePool } from '../../search/index.ts'
import { type Address, createGuard, openDoor, openRoots } from '../door/index.ts'
import { createApp, OPEN_ROUTES, problemBody, routeOf } from './app.ts'
import { closing, createGate } from './gate.ts'
import { DEFAULT_HTTP_LIMITS, SEARCHES_PER_CORE } from './limits.ts'
import { createMetrics } from './metrics.ts'
import { createService } from './service.ts'

/** How to serve. */
export interface HttpServerOptions extends Address {
  /** Folders that may be searched, and what lies in them. */
  readonly roots: readonly string[]
  /** Searched in place of folders; the roots are then not looked at. The server closes it. */
  readonly backend?: Backend | undefined
  readonly version: string
  /** Searches at once; four for each core when left out. */
  readonly maxRunning?: number
  readonly maxQueued?: number
  readonly maxWaitMs?: number
  /** A search that takes longer answers with the best so far. */
  readonly maxRunMs?: number
  /** Address by which the page opens a place in an editor, with `{path}` and `{line}`; no links when left out. */
  readonly editor?: string
  /** Told of each failure that is the server's own, for a log. */
  readonly onFailure?: (error: unknown) => void
}

/** A server that listens. */
export interface HttpServer {
  readonly url: string
  /** Real paths of the roots, or the name of the backend. */
  readonly roots: readonly string[]
  /** Takes no more requests, waits for those that run, ends what is left after `drainMs`, and frees everything. */
  close(drainMs: number): Promise<void>
}

/** A policy that doesn't come to its best answer in this time is ended. */
const RUN_GRACE_MS = 5_000

/**
 * Serves searches over HTTP until it is closed.
 * Throws FuseSearchError `bad-argument`: a root that isn't a folder, an address that others reach without a token, a
 * token that is too short, an allowed name that is none, a port that is taken.
 */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { maxRunMs = DEFAULT_HTTP_LIMITS.maxRunMs, onFailure = () => undefined, version } = options
  const guard = createGuard(options)
  const { backend } = options
  const roots = backend === undefined ? await openRoots(options.roots) : []
  const pool = createWorkspacePool()
  const stop = new AbortController()
  const metrics = createMetrics()
  const gate = createGate({
    maxRunning: options.maxRunning ?? SEARCHES_PER_CORE * availableParallelism(),
    maxQueued: options.maxQueued ?? DEFAULT_HTTP_LIMITS.maxQueued,
    maxWaitMs: options.maxWaitMs ?? DEFAULT_HTTP_LIMITS.maxWaitMs,
  })
  const service = createService({ roots, pool, maxRunMs, backend })
  const maxRequestMs = maxRunMs + RUN_GRACE_MS
  const editor = options.editor ?? null
  const app = createApp({ editor, service, gate, metrics, version, maxRequestMs, closing: stop.signal, onFailure })
  try {
    const door = await openDoor({
      guard,
      isOpen: (path) => OPEN_ROUTES.includes(path),
      // Without this switch the library would replace Request and Response of the whole process.
      serve: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
      bodyOf: ({ details }) => JSON.stringify(problemBody(details)),
      onRefused: ({ status }, path) => metrics.observe({ route: routeOf(path), status, seconds: 0 }),
    })
    return {
      url: door.url,
      roots: service.roots,
      async close(drainMs) {
        const timer = setTimeout(() => stop.abort(closing()), drainMs)
        await door.close(() => gate.close())
        clearTimeout(timer)
        await pool.close()
        backend?.close()
      },
    }
  } catch (error) {
    await pool.close()
    throw error
  }
}
