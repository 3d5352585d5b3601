/** Frames of RFC 6455, server side: no extension, so the three reserved bits are 0. */

/** Opcodes of frames (RFC 6455 §5.2). */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Close codes that are sent (RFC 6455 §7.4.1). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  badText: 1007,
  policy: 1008,
  tooLarge: 1009,
  tryLater: 1013,
} as const

/** A received frame, unmasked. */
export interface Frame {
  readonly isLast: boolean
  readonly opcode: number
  readonly payload: Buffer
}

/** Why a connection can't continue. */
export class FrameError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const MAX_CONTROL_BYTES = 125
const KNOWN: readonly number[] = Object.values(OPCODE)

interface Header {
  readonly isLast: boolean
  readonly opcode: number
  /** Bytes before the payload, including the mask. */
  readonly size: number
  readonly length: number
}

/** Splits bytes into frames, regardless of how they were chunked. */
export class FrameReader {
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #held = 0

  /** `maxBytes` of a payload; a frame that announces more is refused before its payload is read. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The frames completed by these bytes. Throws {@link FrameError} for invalid ones. */
  *push(bytes: Buffer): Generator<Frame> {
    this.#chunks.push(bytes)
    this.#held += bytes.length
    for (;;) {
      const header = this.#header()
      if (header === undefined || this.#held < header.size + header.length) return
      const whole = this.#take(header.size + header.length)
      const payload = unmask(whole.subarray(header.size), whole.subarray(header.size - 4, header.size))
      yield { isLast: header.isLast, opcode: header.opcode, payload }
    }
  }

  #header(): Header | undefined {
    if (this.#held < 2) return undefined
    const start = this.#peek(14)
    const [first = 0, second = 0] = start
    const opcode = first & 0x0f
    const isLast = (first & 0x80) !== 0
    const short = second & 0x7f
    if ((first & 0x70) !== 0) throw new FrameError(CLOSE.protocolError, 'A reserved bit of a frame is set.')
    if (!KNOWN.includes(opcode)) throw new FrameError(CLOSE.protocolError, `The opcode ${opcode} is unknown.`)
    if ((second & 0x80) === 0) throw new FrameError(CLOSE.protocolError, "A client's frame must be masked.")
    if (opcode >= OPCODE.close && (!isLast || short > MAX_CONTROL_BYTES)) {
      throw new FrameError(CLOSE.protocolError, 'A control frame is fragmented or too long.')
    }
    const size = 2 + (short === 127 ? 8 : short === 126 ? 2 : 0) + 4
    if (start.length < size) return undefined
    const length = short === 127 ? Number(start.readBigUInt64BE(2)) : short === 126 ? start.readUInt16BE(2) : short
    if (length > this.#maxBytes) throw tooLarge(this.#maxBytes)
    return { isLast, opcode, size, length }
  }

  #peek(count: number): Buffer {
    const first = this.#chunks[0]
    if (first !== undefined && first.length >= Math.min(count, this.#held)) return first.subarray(0, count)
    return Buffer.concat(this.#chunks).subarray(0, count)
  }

  #take(count: number): Buffer {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#chunks)
    this.#held -= count
    this.#chunks = this.#held === 0 ? [] : [all.subarray(count)]
    return all.subarray(0, count)
  }
}

export function tooLarge(maxBytes: number): FrameError {
  return new FrameError(CLOSE.tooLarge, `A message is larger than ${maxBytes} bytes.`)
}

/** A frame of the server: not fragmented and not masked. */
export function makeFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8
  const header = Buffer.alloc(2 + extra)
  header[0] = 0x80 | opcode
  header[1] = extra === 0 ? length : extra === 2 ? 126 : 127
  if (extra === 2) header.writeUInt16BE(length, 2)
  if (extra === 8) header.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([header, payload])
}

/** A copy, because the bytes may belong to a chunk that is reused. */
function unmask(payload: Buffer, mask: Buffer): Buffer {
  const plain = Buffer.allocUnsafe(payload.length)
  for (let index = 0; index < payload.length; index++) {
    plain[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0)
  }
  return plain
}
