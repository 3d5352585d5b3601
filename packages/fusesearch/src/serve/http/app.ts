import { type Context, Hono } from 'hono'
import type { ZodType } from 'zod'
import type { TrajectoryFacts } from '../../agent/index.ts'
import { joinSignals, type Semaphore } from '../../core/index.ts'
import { PROGRAM_LIMITS } from '../../search/index.ts'
import { pageHtml, policyHeader } from '../../view/index.ts'
import { jsonBody, limitBody, Problem, readBody, toProblem } from '../door/index.ts'
import type { Metrics } from './metrics.ts'
import { describeApi } from './openapi.ts'
import {
  askRequest,
  type LocateRequest,
  locateRequest,
  searchRequest,
  symbolRequest,
  usagesRequest,
} from './schemas.ts'
import type { Service } from './service.ts'
import { streamEvents } from './stream.ts'

/** Large enough for an issue of a megabyte, even if its JSON escapes every character. */
const MAX_BODY_BYTES = 8_000_000

/** What the routes depend on. */
export interface AppOptions {
  readonly service: Service
  readonly gate: Semaphore
  readonly metrics: Metrics
  readonly version: string
  /** More metrics, in Prometheus text format. */
  readonly moreMetrics: () => Promise<string>
  /** Longest time for a request's search; after it, the search is aborted and the response is 504. */
  readonly maxRequestMs: number
  /** URL template with which the page opens a place in an editor; null for no links. */
  readonly editor: string | null
  /** Aborts when the server ends running searches. */
  readonly closing: AbortSignal
  /** Called for each failure that is the server's own. */
  readonly onFailure: (error: unknown) => void
}

type Admission = { readonly signal: AbortSignal; readonly leave: () => void }

/** The routes. The door has already checked the request. */
export function createApp(options: AppOptions): Hono {
  const { metrics } = options
  const app = new Hono()
  app.use(async (context, next) => {
    const started = performance.now()
    await next()
    context.header('X-Content-Type-Options', 'nosniff')
    context.header('Cache-Control', 'no-store')
    const seconds = (performance.now() - started) / 1_000
    metrics.observe({ route: routeOf(context.req.path), status: context.res.status, seconds })
  })
  app.use('/v1/*', limitBody(MAX_BODY_BYTES))
  addSearches(app, options)
  addLookups(app, options)
  addFacts(app, options)
  addPage(app, options)
  app.notFound((context) => {
    const { method, path } = context.req
    const allowed = METHODS[routeOf(path)]
    if (allowed === undefined) {
      const message = `This server has no such path. It has ${ROUTES.join(', ')}.`
      return context.json({ error: { code: 'no-such-route', message } }, 404)
    }
    context.header('Allow', allowed)
    const message = `${path} takes ${allowed}, not ${method}.`
    return context.json({ error: { code: 'method-not-allowed', message } }, 405)
  })
  app.onError((error, context) => {
    // Nobody reads this response; its status is for the counters.
    if (context.req.raw.signal.aborted) return new Response(null, { status: CLIENT_GONE })
    const { details, status } = toProblem(error)
    if (status === 500) options.onFailure(error)
    if (details.retryAfterSeconds !== undefined) context.header('Retry-After', String(details.retryAfterSeconds))
    return context.json(problemBody(details), status)
  })
  return app
}

/** The body of the response to a request that can't be served. */
export function problemBody({ code, message }: Problem['details']): object {
  return { error: { code, message } }
}

/** The route under which a path is counted, without its query. */
export function routeOf(path: string): string {
  const [route = ''] = path.split('?', 1)
  return ROUTES.includes(route) ? route : 'other'
}

function addSearches(app: Hono, options: AppOptions): void {
  const { metrics, onFailure, service, version } = options
  app.post('/v1/locate', async (context) => {
    const request = readBody(await jsonBody(context), locateRequest)
    const facts = request.trajectory ? await factsOf(request, service, version) : null
    const place = await enter(context.req.raw.signal, options)
    if (!/\btext\/event-stream\b/i.test(context.req.header('accept') ?? '')) {
      return during(place, async () => {
        const located = await service.locate(request, place.signal)
        metrics.addCalls(located.stats.calls)
        return context.json(located)
      })
    }
    return streamEvents(context, await opened(place, () => service.locateEvents(request, place.signal)), {
      signal: place.signal,
      trajectory: facts,
      onEvent: (event) => event.kind === 'located' && metrics.addCalls(event.result.stats.calls),
      onError: (error) => !context.req.raw.signal.aborted && toProblem(error).status === 500 && onFailure(error),
      onEnd: place.leave,
    })
  })
  app.post('/v1/search', async (context) => {
    const request = readBody(await jsonBody(context), searchRequest)
    const place = await enter(context.req.raw.signal, options)
    return during(place, async () => {
      metrics.addCalls(request.calls.length)
      return context.json(await service.search(request, place.signal))
    })
  })
}

function addLookups(app: Hono, options: AppOptions): void {
  const { service } = options
  const answer = async <T>(
    context: Context,
    schema: ZodType<T>,
    work: (request: T, signal: AbortSignal) => unknown,
  ) => {
    const request = readBody(await jsonBody(context), schema)
    const place = await enter(context.req.raw.signal, options)
    return during(place, async () => context.json((await work(request, place.signal)) as object))
  }
  app.post('/v1/ask', (context) => answer(context, askRequest, service.ask))
  app.post('/v1/symbol', (context) => answer(context, symbolRequest, service.symbol))
  app.post('/v1/usages', (context) => answer(context, usagesRequest, service.usages))
}

function addFacts(app: Hono, { closing, gate, metrics, moreMetrics, version }: AppOptions): void {
  app.get('/health', (context) => {
    const status = closing.aborted || gate.isClosed ? 'closing' : 'ok'
    return context.json({ status, version }, status === 'ok' ? 200 : 503)
  })
  app.get('/metrics', async (context) => {
    const { running, waiting } = gate.load()
    const gauges = {
      fusesearch_searches_running: running,
      fusesearch_searches_queued: waiting,
      process_resident_memory_bytes: process.memoryUsage.rss(),
    }
    const text = `${metrics.render(gauges)}${await moreMetrics()}`
    return context.text(text, 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
  })
  app.get('/openapi.json', async (context) => context.json(await describeApi(version)))
}

/** The page and its settings. Its text reveals nothing about the roots: it asks for them with the token. */
function addPage(app: Hono, { editor, service }: AppOptions): void {
  app.get('/v1/roots', (context) => context.json({ roots: service.roots(), editor }))
  app.get('/', async (context) => {
    const [html, policy] = await Promise.all([pageHtml(LIVE), policyHeader(LIVE)])
    return context.html(html, 200, { 'Content-Security-Policy': policy, 'Referrer-Policy': 'no-referrer' })
  })
}

const LIVE = { kind: 'live' } as const

async function factsOf(request: LocateRequest, service: Service, version: string): Promise<TrajectoryFacts> {
  const repository = { name: await service.repositoryName(request) }
  return { tool: { name: 'fusesearch', version }, limits: PROGRAM_LIMITS, repository, full: true }
}

/** Not a standard status, but widely used for a client that closed the connection. */
const CLIENT_GONE = 499

/** The methods of each route, for the Allow header. */
const METHODS: Readonly<Record<string, string>> = {
  '/': 'GET, HEAD',
  '/v1/locate': 'POST',
  '/v1/search': 'POST',
  '/v1/roots': 'GET, HEAD',
  '/v1/ask': 'POST',
  '/v1/symbol': 'POST',
  '/v1/usages': 'POST',
  '/health': 'GET, HEAD',
  '/metrics': 'GET, HEAD',
  '/openapi.json': 'GET, HEAD',
}

const ROUTES: readonly string[] = Object.keys(METHODS)

/** Routes that reveal nothing about the searched folders, so they need no token. */
export const OPEN_ROUTES: readonly string[] = ['/', '/health', '/openapi.json']

/** Waits for a place. The admission's signal aborts with the connection, after the longest time, or with the server. */
async function enter(connection: AbortSignal, { closing, gate, maxRequestMs }: AppOptions): Promise<Admission> {
  const leaveGate = await gate.enter(connection)
  const joined = joinSignals([connection, closing])
  const timeout = setTimeout(() => joined.abort(tooSlow(maxRequestMs)), maxRequestMs)
  const leave = (): void => {
    clearTimeout(timeout)
    joined.close()
    leaveGate()
  }
  return { signal: joined.signal, leave }
}

async function during<T>({ leave }: Admission, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } finally {
    leave()
  }
}

/** Gives the place back if the work fails to start; a stream that started gives it back at its end. */
async function opened<T>({ leave }: Admission, begin: () => Promise<T>): Promise<T> {
  try {
    return await begin()
  } catch (error) {
    leave()
    throw error
  }
}

function tooSlow(maxRequestMs: number): Problem {
  return new Problem(504, {
    code: 'timeout',
    message: `The search took longer than ${maxRequestMs} ms. Narrow it with path.`,
  })
}
