import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A frame of the server. */
export interface ServerFrame {
  readonly opcode: number
  readonly payload: Buffer
}

/** A client that writes WebSocket frames by hand, so that it can also write invalid ones. */
export interface RawClient {
  readonly socket: Socket
  /** The answer to the request to upgrade, up to its empty line. */
  readonly head: string
  /** Sends a message and waits for the answer as JSON. */
  ask(message: unknown): Promise<Reply>
  /** Sends exactly this frame. */
  sendFrame(opcode: number, payload: Buffer | string, how?: { isLast?: boolean; isMasked?: boolean }): void
  /** The next frame; undefined if the connection has ended. The caller answers pings. */
  frame(): Promise<ServerFrame | undefined>
  /** The next text frame as JSON. */
  reply(): Promise<Reply>
}

export interface Reply {
  readonly type: string
  readonly data: Record<string, unknown> & {
    readonly observation?: Record<string, unknown>
    readonly reward?: number | null
    readonly done?: boolean
    readonly code?: string
    readonly message?: string
  }
}

/** Connects to `/ws` of a server; the connection ends with the test. */
export async function connectRaw(url: string, headers: Readonly<Record<string, string>> = {}): Promise<RawClient> {
  const { hostname, port, host } = new URL(url)
  const socket = connect({ host: hostname.replaceAll(/[[\]]/g, ''), port: Number(port) })
  onTestFinished(() => void socket.destroy())
  const all = {
    Host: host,
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version': '13',
    ...headers,
  }
  const path = headers.path ?? '/ws'
  const lines = Object.entries(all).flatMap(([name, value]) => (name === 'path' ? [] : [`${name}: ${value}\r\n`]))
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
  const bytes = new Bytes(socket)
  const head = (await bytes.until('\r\n\r\n')).toString('latin1')
  const sendFrame: RawClient['sendFrame'] = (opcode, payload, how) => void socket.write(makeFrame(opcode, payload, how))
  const frame = () => readFrame(bytes)
  const reply = async (): Promise<Reply> => {
    for (;;) {
      const next = await frame()
      if (next === undefined) throw new Error('the connection ended')
      if (next.opcode === 1) return JSON.parse(next.payload.toString('utf8')) as Reply
      if (next.opcode === 8) throw new Error(`closed with ${next.payload.readUInt16BE(0)}`)
    }
  }
  return {
    socket,
    head,
    sendFrame,
    frame,
    reply,
    ask: (message) => {
      sendFrame(1, typeof message === 'string' ? message : JSON.stringify(message))
      return reply()
    },
  }
}

function makeFrame(opcode: number, content: Buffer | string, { isLast = true, isMasked = true } = {}): Buffer {
  const payload = Buffer.from(content)
  const { length } = payload
  const size = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const header = Buffer.alloc(2 + size)
  header[0] = (isLast ? 0x80 : 0) | opcode
  header[1] = (isMasked ? 0x80 : 0) | (size === 0 ? length : size === 2 ? 126 : 127)
  if (size === 2) header.writeUInt16BE(length, 2)
  if (size === 8) header.writeBigUInt64BE(BigInt(length), 2)
  if (!isMasked) return Buffer.concat([header, payload])
  const mask = randomBytes(4)
  return Buffer.concat([header, mask, payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0))])
}

async function readFrame(bytes: Bytes): Promise<ServerFrame | undefined> {
  const start = await bytes.take(2)
  if (start === undefined) return undefined
  const [first = 0, second = 0] = start
  let length = second & 0x7f
  if (length === 126) length = (await bytes.take(2))?.readUInt16BE(0) ?? 0
  else if (length === 127) length = Number((await bytes.take(8))?.readBigUInt64BE(0) ?? 0n)
  const payload = length === 0 ? Buffer.alloc(0) : await bytes.take(length)
  return payload && { opcode: first & 0x0f, payload }
}

/** The bytes of a socket, as they are asked for. */
class Bytes {
  #held = Buffer.alloc(0)
  #hasEnded = false
  #wake = (): void => undefined

  constructor(socket: Socket) {
    socket.on('data', (bytes: Buffer) => {
      this.#held = Buffer.concat([this.#held, bytes])
      this.#wake()
    })
    const end = (): void => {
      this.#hasEnded = true
      this.#wake()
    }
    socket.on('close', end).on('error', end)
  }

  async take(count: number): Promise<Buffer | undefined> {
    while (this.#held.length < count) {
      if (this.#hasEnded) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
    const taken = this.#held.subarray(0, count)
    this.#held = this.#held.subarray(count)
    return taken
  }

  async until(mark: string): Promise<Buffer> {
    while (!this.#held.includes(mark) && !this.#hasEnded) await new Promise<void>((resolve) => (this.#wake = resolve))
    const at = this.#held.indexOf(mark)
    return (await this.take(at < 0 ? this.#held.length : at + mark.length)) ?? Buffer.alloc(0)
  }
}
