import type { IncomingMessage, Server } from 'node:http'
import { availableParallelism } from 'node:os'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import { rememberDefinitions } from 'fusesearch/code'
import { describeModelWords } from 'fusesearch/policies'
import { checkHost, checkToken, toProblem } from 'fusesearch/serve'
import type { Preparer } from '../evaluation/index.ts'
import { createApp } from './app.ts'
import { allowedHosts, listen, refuseOpenDoor, urlOf } from './door.ts'
import type { EpisodeSettings } from './episode.ts'
import { Hub } from './hub.ts'
import { DEFAULT_ENVIRONMENT_LIMITS, PING_EVERY_MS } from './limits.ts'
import { Places } from './places.ts'
import type { SessionServices } from './session.ts'
import { SessionRoom } from './session-room.ts'
import { type Split, Tasks } from './tasks.ts'
import { SharedTrees } from './trees.ts'
import { accept, refusalOf, refuse } from './websocket/handshake.ts'
import type { WireState } from './wire.ts'
import { Worlds } from './worlds.ts'

/** How to serve. */
export interface EnvironmentOptions {
  /** At least one, each with an instance. */
  readonly splits: readonly Split[]
  /** Closed at the end. */
  readonly preparer: Preparer
  readonly settings: EpisodeSettings
  /** `127.0.0.1` when left out. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
  /** Asked of every client as a bearer token; must be there for an address that others reach. */
  readonly token?: string
  readonly allowedHosts?: readonly string[]
  readonly version: string
  readonly maxSessions?: number
  /** A session without a message for so long is ended. */
  readonly idleTimeoutMs?: number
  /** A step or reset that takes longer fails, and the episode with it. */
  readonly stepTimeoutMs?: number
  /** Turns that run their tools at once; one for each core when left out. */
  readonly maxRunning?: number
  readonly pingEveryMs?: number
  /** Told of each episode that came to its end, for a log. */
  readonly onEpisode?: (state: WireState) => void
  /** Told of each failure that is the server's own. */
  readonly onFailure?: (error: unknown) => void
}

/** An environment that listens. */
export interface EnvironmentServer {
  readonly url: string
  /** What is open now. */
  load(): { readonly sessions: number; readonly running: number; readonly waiting: number }
  /** Ends all sessions and frees everything. */
  close(): Promise<void>
}

const MAX_DEFINITION_BYTES = 64_000_000
/** Connections beside the sessions: HTTP requests, and clients that are told there is no room. */
const SPARE_CONNECTIONS = 128
const REQUEST_TIMEOUT_MS = 30_000

/**
 * Serves episodes until it is closed: OpenEnv's WebSocket at `/ws`, its HTTP surface beside it.
 * Throws FuseSearchError `bad-argument`: an address that others reach without a token, a token that is too short, a port
 * that is taken.
 */
export async function serveEnvironment(options: EnvironmentOptions): Promise<EnvironmentServer> {
  const { host = '127.0.0.1', token } = options
  refuseOpenDoor(host, token)
  const guard = { hosts: allowedHosts(host, options.allowedHosts), token }
  const { idleTimeoutMs, maxSessions, stepTimeoutMs } = { ...DEFAULT_ENVIRONMENT_LIMITS, ...definedOf(options) }
  const onFailure = options.onFailure ?? (() => undefined)
  const closing = new AbortController()
  const places = new Places(options.maxRunning ?? availableParallelism())
  const trees = new SharedTrees(places)
  const forget = rememberDefinitions(MAX_DEFINITION_BYTES)
  const services = await openServices(options, { closing: closing.signal, trees, stepTimeoutMs })
  const room = new SessionRoom(services, maxSessions)
  const app = createApp({ services, guard, version: options.version, inSession: room.inSession, onFailure })
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
  }) as Server
  server.maxConnections = maxSessions + SPARE_CONNECTIONS
  const hub = new Hub(room, { idleTimeoutMs, onFailure, pingEveryMs: options.pingEveryMs ?? PING_EVERY_MS })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const refusal = closing.signal.aborted ? SHUTTING_DOWN : refusalAt(request, guard)
    if (refusal !== undefined) return refuse(socket, refusal)
    accept(request, socket)
    hub.serve(socket, head)
  })
  const free = async (): Promise<void> => {
    await trees.close()
    forget()
    await options.preparer.close()
  }
  try {
    await listen(server, host, options.port)
  } catch (error) {
    await free()
    throw error
  }
  return {
    url: urlOf(server),
    load: () => ({ sessions: room.size, ...places.load() }),
    async close() {
      const isClosed = new Promise<void>((resolve) => server.close(() => resolve()))
      closing.abort(new Error('the server is shutting down'))
      await hub.close(() => server.closeAllConnections())
      await isClosed
      await free()
    },
  }
}

async function openServices(
  options: EnvironmentOptions,
  { closing, trees, stepTimeoutMs }: { closing: AbortSignal; trees: SharedTrees; stepTimeoutMs: number },
): Promise<SessionServices> {
  const { preparer, settings, splits } = options
  const { breadth, tools } = settings
  return {
    tasks: new Tasks(splits),
    worlds: new Worlds(preparer, closing),
    settings,
    words: await describeModelWords({ breadth, tools }),
    openWorkspace: trees.open,
    stepTimeoutMs,
    onEpisode: options.onEpisode ?? (() => undefined),
    onFailure: options.onFailure ?? (() => undefined),
  }
}

const SHUTTING_DOWN = { status: 503, message: 'The server is shutting down.' }

function refusalAt(request: IncomingMessage, guard: Parameters<typeof checkHost>[1]) {
  const { host, origin, authorization } = request.headers
  try {
    checkHost({ host, origin, authorization }, guard)
    checkToken({ host, origin, authorization }, guard)
  } catch (error) {
    const { status, details } = toProblem(error)
    return { status, message: details.message }
  }
  if (request.url?.split('?', 1)[0] !== '/ws') return { status: 404, message: 'Sessions are at /ws.' }
  return refusalOf(request)
}

/** Options that were left out don't hide their defaults. */
function definedOf(options: EnvironmentOptions) {
  const { maxSessions, idleTimeoutMs, stepTimeoutMs } = options
  return {
    ...(maxSessions === undefined ? {} : { maxSessions }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(stepTimeoutMs === undefined ? {} : { stepTimeoutMs }),
  }
}
