import { setTimeout as delay } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import { CLOSE, Connection } from './connection.ts'
import { DRAIN_TIMEOUT_MS, MAX_UNSENT_BYTES } from './limits.ts'
import { type ServeOptions, serveConnection } from './serve-connection.ts'
import type { SessionRoom } from './session-room.ts'

interface HubOptions extends ServeOptions {
  readonly pingEveryMs: number
}

const CLOSE_GRACE_MS = 50

/** The open connections; each is served until it ends. */
export class Hub {
  readonly #room: SessionRoom
  readonly #options: HubOptions
  readonly #connections = new Set<Connection>()
  readonly #serving = new Set<Promise<void>>()

  constructor(room: SessionRoom, options: HubOptions) {
    this.#room = room
    this.#options = options
  }

  /** Serves a socket. */
  serve(socket: WebSocket): void {
    const connection = new Connection(socket, {
      pingEveryMs: this.#options.pingEveryMs,
      maxUnsentBytes: MAX_UNSENT_BYTES,
      drainTimeoutMs: DRAIN_TIMEOUT_MS,
    })
    this.#connections.add(connection)
    connection.gone.addEventListener('abort', () => this.#connections.delete(connection), { once: true })
    const served = serveConnection(connection, this.#room, this.#options).finally(() => this.#serving.delete(served))
    this.#serving.add(served)
  }

  /** Tells all clients that the server ends, ends the work of their sessions and then every connection. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.close(CLOSE.goingAway, 'the server is shutting down')
    await this.#room.close()
    await Promise.allSettled(this.#serving)
    // The close frames are sent; clients that don't answer them are dropped.
    await delay(CLOSE_GRACE_MS)
    for (const connection of this.#connections) connection.end()
  }
}
