const NEWLINE = '\n'
const NOTHING = Buffer.alloc(0)

/**
 * Finds the end of a command's output in a stream that stays open. The end is a token, a status and a newline. Output
 * before it is passed on unchanged as it arrives; only bytes that may be the start of the token are held back.
 */
export class EndReader {
  readonly #token: Buffer
  readonly #onBytes: (bytes: Buffer) => void
  #held: Buffer = NOTHING
  /** The text after the token. */
  #after: string | undefined

  constructor(token: string, onBytes: (bytes: Buffer) => void) {
    this.#token = Buffer.from(token)
    this.#onBytes = onBytes
  }

  /** The status, once all of it is there. */
  get status(): string | undefined {
    return this.#after?.endsWith(NEWLINE) ? this.#after.slice(0, -1) : undefined
  }

  push(chunk: Buffer): void {
    if (this.#after !== undefined) {
      this.#after += chunk.toString('latin1')
      return
    }
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    const at = bytes.indexOf(this.#token)
    const end = at === -1 ? bytes.length - this.#beginsAtEnd(bytes) : at
    this.#held = at === -1 ? bytes.subarray(end) : NOTHING
    if (at !== -1) this.#after = bytes.toString('latin1', at + this.#token.length)
    if (end > 0) this.#onBytes(bytes.subarray(0, end))
  }

  /** The length of the longest suffix of the bytes that is a prefix of the token. */
  #beginsAtEnd(bytes: Buffer): number {
    for (let length = Math.min(this.#token.length - 1, bytes.length); length > 0; length -= 1) {
      if (bytes.compare(this.#token, 0, length, bytes.length - length) === 0) return length
    }
    return 0
  }
}
