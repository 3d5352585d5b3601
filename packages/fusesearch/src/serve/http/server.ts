import { availableParallelism } from 'node:os'
import { getRequestListener } from '@hono/node-server'
import type { Reader } from '../../policies/index.ts'
import { type Membership, type QueueLink, renderQueueMetrics, type Submitter } from '../../queue/index.ts'
import { type Backend, createWorkspacePool } from '../../search/index.ts'
import { type Address, createGuard, openDoor, openRoots } from '../door/index.ts'
import { createApp, OPEN_ROUTES, problemBody, routeOf } from './app.ts'
import { closing, createGate } from './gate.ts'
import { DEFAULT_HTTP_LIMITS, SEARCHES_ON_WORKERS, SEARCHES_PER_CORE } from './limits.ts'
import { createMetrics } from './metrics.ts'
import { createQueueService } from './queue-service.ts'
import { createService, type Service } from './service.ts'

/** Options of {@link serveHttp}. */
export interface HttpServerOptions extends Address {
  /** Folders that may be searched, with their subfolders. With a queue, the workers' own roots count instead. */
  readonly roots: readonly string[]
  /** Searched instead of folders; the roots are then ignored. The server closes it. */
  readonly backend?: Backend | undefined
  /** Orders what is in doubt anew, in every search; the caller closes its encoder. Workers of a queue have their own. */
  readonly reader?: Reader | undefined
  /** A queue whose workers answer the requests. The caller closes it afterwards. */
  readonly queue?: ServedQueue
  readonly version: string
  /** Concurrent searches; four per core when left out. */
  readonly maxRunning?: number
  readonly maxQueued?: number
  readonly maxWaitMs?: number
  /** A search that takes longer returns its best answer so far. */
  readonly maxRunMs?: number
  /** URL with which the page opens a place in an editor, with `{path}` and `{line}`; no links when left out. */
  readonly editor?: string
  /** Called for each failure that is the server's own, for a log. */
  readonly onFailure?: (error: unknown) => void
}

/** A queue that answers requests. */
export interface ServedQueue {
  readonly link: QueueLink
  readonly submitter: Submitter
  readonly membership: Membership
}

/** A server that listens. */
export interface HttpServer {
  readonly url: string
  /** Real paths of the roots, or the name of the backend. */
  readonly roots: readonly string[]
  /** Accepts no more requests, waits for running ones, ends the rest after `drainMs`, and frees everything. */
  close(drainMs: number): Promise<void>
}

/** A policy that doesn't return its best answer within this time is ended. */
const RUN_GRACE_MS = 5_000

/**
 * Serves searches over HTTP until it is closed.
 * Throws FuseSearchError `bad-argument` for a root that isn't a folder, an address that other machines can reach
 * without a token, a token that is too short, an allowed name that is no host name, and a port that is taken.
 */
export async function serveHttp(options: HttpServerOptions): Promise<HttpServer> {
  const { maxRunMs = DEFAULT_HTTP_LIMITS.maxRunMs, onFailure = () => undefined, version } = options
  const guard = createGuard(options)
  const own = await openAnswering(options, maxRunMs)
  const stop = new AbortController()
  const metrics = createMetrics()
  const gate = createGate({
    maxRunning: options.maxRunning ?? own.places,
    maxQueued: options.maxQueued ?? DEFAULT_HTTP_LIMITS.maxQueued,
    maxWaitMs: options.maxWaitMs ?? DEFAULT_HTTP_LIMITS.maxWaitMs,
  })
  const { service, moreMetrics } = own
  const maxRequestMs = maxRunMs + RUN_GRACE_MS
  const editor = options.editor ?? null
  const about = { editor, version, maxRequestMs, closing: stop.signal, onFailure }
  const app = createApp({ ...about, service, gate, metrics, moreMetrics })
  try {
    const door = await openDoor({
      guard,
      isOpen: (path) => OPEN_ROUTES.includes(path),
      // Without this option the library would replace the process's global Request and Response.
      serve: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
      bodyOf: ({ details }) => JSON.stringify(problemBody(details)),
      onRefused: ({ status }, path) => metrics.observe({ route: routeOf(path), status, seconds: 0 }),
    })
    return {
      url: door.url,
      roots: service.roots(),
      async close(drainMs) {
        const timer = setTimeout(() => stop.abort(closing()), drainMs)
        await door.close(() => gate.close())
        clearTimeout(timer)
        await own.close()
      },
    }
  } catch (error) {
    await own.close()
    throw error
  }
}

/** The service that answers a server's requests. */
interface Answering {
  readonly service: Service
  /** Concurrent searches unless a flag overrides it. */
  readonly places: number
  readonly moreMetrics: () => Promise<string>
  close(): Promise<void>
}

async function openAnswering(options: HttpServerOptions, maxRunMs: number): Promise<Answering> {
  const { backend, queue, reader } = options
  if (queue !== undefined) {
    return {
      service: createQueueService({ ...queue, maxRunMs }),
      places: SEARCHES_ON_WORKERS,
      moreMetrics: () => renderQueueMetrics(queue.link),
      close: () => Promise.resolve(),
    }
  }
  const roots = backend === undefined ? await openRoots(options.roots) : []
  const pool = createWorkspacePool()
  return {
    service: createService({ roots, pool, maxRunMs, backend, reader }),
    places: SEARCHES_PER_CORE * availableParallelism(),
    moreMetrics: () => Promise.resolve(''),
    async close() {
      await pool.close()
      backend?.close()
    },
  }
}
