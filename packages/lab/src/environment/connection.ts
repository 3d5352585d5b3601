import type { RawData, WebSocket } from 'ws'

/** Limits of one connection. */
interface ConnectionLimits {
  /** Ping interval; a client that hasn't answered by the next ping is dropped. */
  readonly pingEveryMs: number
  /** Bytes that may wait for a client that doesn't read; then sending waits. */
  readonly maxUnsentBytes: number
  /** The longest such wait; then the client is dropped. */
  readonly drainTimeoutMs: number
}

/** A message of a client. */
export type Received = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'binary' }

/** Close codes of the server (RFC 6455 §7.4.1). */
export const CLOSE = { normal: 1000, goingAway: 1001, policy: 1008, tryLater: 1013 } as const

/** Maximum number of waiting messages; then the socket isn't read, so the client's writes wait. */
const MAX_WAITING = 16
/** Time for the other side to end the connection after a close frame. */
const CLOSE_TIMEOUT_MS = 2_000

/** One WebSocket connection, whose messages {@link next} returns one after another. */
export class Connection {
  /** Aborted when the connection has ended, for any reason. */
  readonly gone: AbortSignal
  readonly #socket: WebSocket
  readonly #limits: ConnectionLimits
  readonly #gone = new AbortController()
  readonly #waiting: Received[] = []
  readonly #ping: NodeJS.Timeout
  #wake: (() => void) | undefined
  #isAlive = true
  #isClosing = false

  constructor(socket: WebSocket, limits: ConnectionLimits) {
    this.#socket = socket
    this.#limits = limits
    this.gone = this.#gone.signal
    socket.on('message', (data, isBinary) => this.#take(data, isBinary))
    socket.on('pong', () => (this.#isAlive = true))
    // An invalid frame: the library sends a close frame with the reason, and the client has a moment to read it.
    socket.on('error', () => this.#beginClosing())
    socket.on('close', () => this.#leave())
    this.#ping = setInterval(() => this.#checkAlive(), limits.pingEveryMs)
    this.#ping.unref()
  }

  /** The next message; undefined once the connection is closed or closing. */
  async next(): Promise<Received | undefined> {
    while (this.#waiting.length === 0) {
      if (this.#isClosing || this.gone.aborted) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const message = this.#waiting.shift()
    if (this.#waiting.length < MAX_WAITING) this.#socket.resume()
    return message
  }

  /** Sends a text, and waits while too much is unsent. Does nothing after the connection has ended. */
  async send(text: string): Promise<void> {
    if (this.gone.aborted || this.#isClosing) return
    const sent = new Promise<void>((resolve) => this.#socket.send(text, () => resolve()))
    if (this.#socket.bufferedAmount <= this.#limits.maxUnsentBytes) return
    const timer = setTimeout(() => this.#leave(), this.#limits.drainTimeoutMs)
    await sent
    clearTimeout(timer)
  }

  /** Sends a close frame once; the client's answer, or a time-out, ends the connection. */
  close(code: number, reason = ''): void {
    if (this.gone.aborted || this.#isClosing) return
    // A control frame has at most 125 bytes and no partial character.
    this.#socket.close(code, reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120))
    this.#beginClosing()
  }

  /** Ends the connection without a close frame. */
  end(): void {
    this.#leave()
  }

  #take(data: RawData, isBinary: boolean): void {
    this.#isAlive = true
    if (this.#isClosing) return
    // Messages come as one buffer, which is the library's default.
    this.#waiting.push(isBinary ? { kind: 'binary' } : { kind: 'text', text: (data as Buffer).toString('utf8') })
    if (this.#waiting.length >= MAX_WAITING) this.#socket.pause()
    this.#wake?.()
  }

  #checkAlive(): void {
    // A socket that isn't read can't receive a pong; it is waiting for its own work.
    if (this.#socket.isPaused) return
    if (!this.#isAlive) return this.#leave()
    this.#isAlive = false
    this.#socket.ping()
  }

  #beginClosing(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#socket.resume()
    this.#wake?.()
    setTimeout(() => this.#leave(), CLOSE_TIMEOUT_MS).unref()
  }

  #leave(): void {
    clearInterval(this.#ping)
    this.#socket.terminate()
    if (!this.gone.aborted) this.#gone.abort(new Error('the client is gone'))
    this.#wake?.()
  }
}
