import { availableParallelism } from 'node:os'
import { getRequestListener } from '@hono/node-server'
import { Semaphore } from 'fusesearch/core'
import { describeModelWords } from 'fusesearch/policies'
import { type Address, createGuard, openDoor } from 'fusesearch/serve'
import type { Preparer } from '../evaluation/index.ts'
import { KeptWorkspaces } from '../host/index.ts'
import { createApp, OPEN_ROUTES } from './app.ts'
import type { EpisodeSettings } from './episode.ts'
import { Hub } from './hub.ts'
import { DEFAULT_ENVIRONMENT_LIMITS, PING_EVERY_MS } from './limits.ts'
import type { SessionServices } from './session.ts'
import { SessionRoom } from './session-room.ts'
import { type Split, Tasks } from './tasks.ts'
import { upgradeTo } from './upgrade.ts'
import type { WireState } from './wire.ts'
import { Worlds } from './worlds.ts'

/** Options of the server. */
export interface EnvironmentOptions extends Address {
  /** At least one, each with an instance. */
  readonly splits: readonly Split[]
  /** Closed at the end. */
  readonly preparer: Preparer
  readonly settings: EpisodeSettings
  readonly version: string
  readonly maxSessions?: number
  /** A session without a message for this long is ended. */
  readonly idleTimeoutMs?: number
  /** A step or reset that takes longer fails, and the episode with it. */
  readonly stepTimeoutMs?: number
  /** Turns that run their tools at once; default one per core. */
  readonly maxRunning?: number
  readonly pingEveryMs?: number
  /** Called for each finished episode, for a log. */
  readonly onEpisode?: (state: WireState) => void
  /** Called for each failure of the server itself. */
  readonly onFailure?: (error: unknown) => void
}

/** A listening environment. */
export interface EnvironmentServer {
  readonly url: string
  /** The numbers of open sessions and connections. */
  load(): { readonly sessions: number; readonly running: number; readonly waiting: number }
  /** Ends all sessions and frees everything. */
  close(): Promise<void>
}

/** Connections besides the sessions: HTTP requests, and clients that are refused for lack of room. */
const SPARE_CONNECTIONS = 128

/**
 * Serves episodes until it is closed: OpenEnv's WebSocket at `/ws`, and its HTTP routes.
 * Throws FuseSearchError `bad-argument`: a public address without a token, a token that is too short, an invalid
 * allowed name, a port that is in use.
 */
export async function serveEnvironment(options: EnvironmentOptions): Promise<EnvironmentServer> {
  const guard = createGuard(options)
  const { idleTimeoutMs, maxSessions, stepTimeoutMs } = { ...DEFAULT_ENVIRONMENT_LIMITS, ...definedOf(options) }
  const onFailure = options.onFailure ?? (() => undefined)
  const closing = new AbortController()
  const places = new Semaphore({ places: options.maxRunning ?? availableParallelism() })
  const workspaces = new KeptWorkspaces(places)
  const services = await openServices(options, { closing: closing.signal, workspaces, stepTimeoutMs })
  const room = new SessionRoom(services, maxSessions)
  const app = createApp({ services, version: options.version, inSession: room.inSession, onFailure })
  const hub = new Hub(room, { idleTimeoutMs, onFailure, pingEveryMs: options.pingEveryMs ?? PING_EVERY_MS })
  const free = async (): Promise<void> => {
    await workspaces.close()
    await options.preparer.close()
  }
  try {
    const door = await openDoor({
      guard,
      isOpen: (path) => OPEN_ROUTES.includes(path),
      serve: getRequestListener(app.fetch, { overrideGlobalObjects: false }),
      bodyOf: ({ details }) => JSON.stringify({ error: details }),
      upgrade: upgradeTo(hub, closing.signal),
      maxConnections: maxSessions + SPARE_CONNECTIONS,
    })
    return {
      url: door.url,
      load: () => ({ sessions: room.size, ...places.load() }),
      async close() {
        closing.abort(new Error('the server is shutting down'))
        await door.close(() => hub.close())
        await free()
      },
    }
  } catch (error) {
    await free()
    throw error
  }
}

async function openServices(
  options: EnvironmentOptions,
  { closing, workspaces, stepTimeoutMs }: { closing: AbortSignal; workspaces: KeptWorkspaces; stepTimeoutMs: number },
): Promise<SessionServices> {
  const { preparer, settings, splits } = options
  const { breadth, tools } = settings
  return {
    tasks: new Tasks(splits),
    worlds: new Worlds(preparer, closing),
    settings,
    words: await describeModelWords({ breadth, tools }),
    openWorkspace: workspaces.open,
    stepTimeoutMs,
    onEpisode: options.onEpisode ?? (() => undefined),
    onFailure: options.onFailure ?? (() => undefined),
  }
}

/** Options that are undefined don't override their defaults. */
function definedOf(options: EnvironmentOptions) {
  const { maxSessions, idleTimeoutMs, stepTimeoutMs } = options
  return {
    ...(maxSessions === undefined ? {} : { maxSessions }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(stepTimeoutMs === undefined ? {} : { stepTimeoutMs }),
  }
}
