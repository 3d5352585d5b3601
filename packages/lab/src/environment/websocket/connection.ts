import type { Duplex } from 'node:stream'
import { CLOSE, type Frame, FrameError, FrameReader, makeFrame, OPCODE, tooLarge } from './frames.ts'

/** Limits of one connection. */
interface ConnectionLimits {
  /** UTF-8 bytes of one message, all fragments together. */
  readonly maxMessageBytes: number
  /** Ping interval; a client that hasn't answered by the next ping is dropped. */
  readonly pingEveryMs: number
  /** Bytes that may wait for a client that doesn't read; then sending waits. */
  readonly maxUnsentBytes: number
  /** The longest such wait; then the client is dropped. */
  readonly drainTimeoutMs: number
}

/** A message of a client. */
export type Received = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'binary' }

/** Maximum number of waiting messages; then the socket isn't read, so the client's writes wait. */
const MAX_WAITING = 16
/** Time for the other side to end the connection after a close frame. */
const CLOSE_TIMEOUT_MS = 2_000

/** One WebSocket connection, server side (RFC 6455). {@link next} returns its messages one after another. */
export class Connection {
  /** Aborted when the connection has ended, for any reason. */
  readonly gone: AbortSignal
  readonly #socket: Duplex
  readonly #limits: ConnectionLimits
  readonly #reader: FrameReader
  readonly #gone = new AbortController()
  readonly #waiting: Received[] = []
  readonly #ping: NodeJS.Timeout
  #parts: Buffer[] = []
  #partsOpcode: number = OPCODE.continuation
  #wake: (() => void) | undefined
  #isAlive = true
  #isClosing = false

  constructor(socket: Duplex, limits: ConnectionLimits) {
    this.#socket = socket
    this.#limits = limits
    this.#reader = new FrameReader(limits.maxMessageBytes)
    this.gone = this.#gone.signal
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    // An upgraded socket stays half open when the client ends its side.
    socket.on('end', () => this.#leave())
    socket.on('error', () => this.#leave())
    socket.on('close', () => this.#leave())
    this.#ping = setInterval(() => this.#checkAlive(), limits.pingEveryMs)
    this.#ping.unref()
  }

  /** Bytes that came with the upgrade request. */
  begin(head: Buffer): void {
    if (head.length > 0) this.#read(head)
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
    this.#socket.write(makeFrame(OPCODE.text, Buffer.from(text)))
    if (this.#socket.writableLength > this.#limits.maxUnsentBytes) await this.#drained()
  }

  /** Sends a close frame once; the client's answer, or a time-out, ends the connection. */
  close(code: number, reason = ''): void {
    if (this.gone.aborted || this.#isClosing) return
    this.#isClosing = true
    const payload = Buffer.alloc(2)
    payload.writeUInt16BE(code)
    // A control frame has at most 125 bytes and no partial character.
    const text = Buffer.from(reason.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 120))
    this.#socket.write(makeFrame(OPCODE.close, Buffer.concat([payload, text])))
    this.#socket.resume()
    this.#wake?.()
    setTimeout(() => this.#leave(), CLOSE_TIMEOUT_MS).unref()
  }

  /** Ends the connection without a close frame. */
  end(): void {
    this.#leave()
  }

  #read(bytes: Buffer): void {
    try {
      for (const frame of this.#reader.push(bytes)) this.#take(frame)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.close(error.code, error.message)
      // After it, frames can't be recognized.
      this.#socket.removeAllListeners('data')
      this.#socket.on('data', () => undefined)
    }
    if (this.#waiting.length >= MAX_WAITING && !this.#isClosing) this.#socket.pause()
  }

  #take({ isLast, opcode, payload }: Frame): void {
    this.#isAlive = true
    if (opcode === OPCODE.close) return this.#answerClose()
    if (opcode === OPCODE.ping) return void this.#socket.write(makeFrame(OPCODE.pong, payload))
    if (opcode === OPCODE.pong || this.#isClosing) return
    const isFirst = opcode !== OPCODE.continuation
    if (isFirst === this.#parts.length > 0)
      throw new FrameError(CLOSE.protocolError, 'The fragments of messages are out of order.')
    if (isFirst) this.#partsOpcode = opcode
    this.#parts.push(payload)
    const size = this.#parts.reduce((sum, part) => sum + part.length, 0)
    if (size > this.#limits.maxMessageBytes) throw tooLarge(this.#limits.maxMessageBytes)
    if (!isLast) return
    const whole = this.#parts.length === 1 ? payload : Buffer.concat(this.#parts)
    this.#parts = []
    this.#waiting.push(this.#partsOpcode === OPCODE.text ? { kind: 'text', text: toText(whole) } : { kind: 'binary' })
    this.#wake?.()
  }

  #answerClose(): void {
    if (!this.#isClosing) this.close(CLOSE.normal)
    this.#socket.end()
    this.#wake?.()
  }

  #checkAlive(): void {
    // A socket that isn't read can't receive a pong; it is waiting for its own work.
    if (this.#socket.isPaused()) return
    if (!this.#isAlive) return this.#leave()
    this.#isAlive = false
    this.#socket.write(makeFrame(OPCODE.ping, Buffer.alloc(0)))
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer)
        this.#socket.off('drain', settle)
        this.gone.removeEventListener('abort', settle)
        resolve()
      }
      const timer = setTimeout(() => this.#leave(), this.#limits.drainTimeoutMs)
      this.#socket.on('drain', settle)
      this.gone.addEventListener('abort', settle, { once: true })
    })
  }

  #leave(): void {
    clearInterval(this.#ping)
    this.#socket.destroy()
    if (!this.gone.aborted) this.#gone.abort(new Error('the client is gone'))
    this.#wake?.()
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

function toText(bytes: Buffer): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new FrameError(CLOSE.badText, "A text message isn't UTF-8.")
  }
}
