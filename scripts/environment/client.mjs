// A WebSocket client of the environment for benches and soaks, because Node 20 has none.
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

/** Connects to `/ws` of the address and resolves once messages can be sent. */
export async function connectTo(url) {
  const { hostname, port, host } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  const client = new Client(socket)
  socket.write(
    `GET /ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  )
  await client.opened
  return client
}

class Client {
  #socket
  #bytes = Buffer.alloc(0)
  #isOpen = false
  #open
  #waiting = []
  #failure

  constructor(socket) {
    this.#socket = socket
    this.opened = new Promise((resolve, reject) => {
      this.#open = { resolve, reject }
    })
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('the connection is closed')))
  }

  /** Sends a message and resolves to the answer. */
  async ask(message) {
    this.send(typeof message === 'string' ? message : JSON.stringify(message))
    return JSON.parse(await this.#next())
  }

  /** Sends a frame, by default of text. */
  send(text, opcode = 1) {
    const payload = Buffer.from(text)
    const size = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8
    const header = Buffer.alloc(6 + size)
    header[0] = 0x80 | opcode
    header[1] = 0x80 | (size === 0 ? payload.length : size === 2 ? 126 : 127)
    if (size === 2) header.writeUInt16BE(payload.length, 2)
    if (size === 8) header.writeBigUInt64BE(BigInt(payload.length), 2)
    // A mask of zeros leaves the payload unchanged; the protection of proxies doesn't matter here.
    this.#socket.write(Buffer.concat([header, payload]))
  }

  /** Disconnects without a close frame. */
  vanish() {
    this.#failure ??= new Error('gone')
    this.#socket.destroy()
  }

  /** Sends a close frame and waits until the server has ended the connection. */
  async close() {
    const closed = new Promise((resolve) => this.#socket.once('close', resolve))
    this.send(JSON.stringify({ type: 'close' }))
    await closed
  }

  #next() {
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure)
      else this.#waiting.push({ resolve, reject })
    })
  }

  #fail(error) {
    this.#failure ??= error
    this.#open.reject(this.#failure)
    this.opened.catch(() => undefined)
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure)
  }

  #read(bytes) {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    if (!this.#isOpen && !this.#readHead()) return
    for (let frame = this.#takeFrame(); frame !== undefined; frame = this.#takeFrame()) {
      if (frame.opcode === 1) this.#waiting.shift()?.resolve(frame.payload.toString('utf8'))
      if (frame.opcode === 9) this.send(frame.payload, 10)
      if (frame.opcode === 8) {
        this.send(frame.payload, 8)
        this.#socket.end()
      }
    }
  }

  #readHead() {
    const end = this.#bytes.indexOf('\r\n\r\n')
    if (end < 0) return false
    const head = this.#bytes.subarray(0, end).toString('latin1')
    this.#bytes = this.#bytes.subarray(end + 4)
    this.#isOpen = head.startsWith('HTTP/1.1 101 ')
    if (this.#isOpen) this.#open.resolve()
    else this.#fail(new Error(head.split('\r\n', 1)[0]))
    return this.#isOpen
  }

  #takeFrame() {
    const bytes = this.#bytes
    if (bytes.length < 2) return undefined
    const short = bytes[1] & 0x7f
    const start = short === 126 ? 4 : short === 127 ? 10 : 2
    if (bytes.length < start) return undefined
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short
    if (bytes.length < start + length) return undefined
    this.#bytes = bytes.subarray(start + length)
    return { opcode: bytes[0] & 0x0f, payload: bytes.subarray(start, start + length) }
  }
}
