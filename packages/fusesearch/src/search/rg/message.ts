import { StringDecoder } from 'node:string_decoder'

const MAX_MESSAGE_BYTES = 8_000
const DEBUG_LINE = /^(?:rg: )?(?:DEBUG|TRACE)\|/
/** A walk's message about an unreachable path below the root. A name with line ends makes the message longer. */
const UNREACHED_LINE = /^rg: \.\/(?!: )/

/** Receives single messages of ripgrep. */
export interface MessageListener {
  /** Receives each debug message, if the arguments ask for them. */
  readonly onDebug?: ((message: string) => void) | undefined
  /** Receives each message about an unreadable path, unless the arguments silence these. */
  readonly onUnreached?: ((message: string) => void) | undefined
}

/** Collects ripgrep's standard error up to a length; messages with a listener go there instead. */
export class MessageReader {
  readonly #listener: MessageListener
  readonly #decoder = new StringDecoder('utf8')
  readonly #said: string[] = []
  #size = 0
  #rest = ''

  constructor(listener: MessageListener) {
    this.#listener = listener
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#take(line)
  }

  /** The collected text without ripgrep's `rg: `. Call it once, after everything was read. */
  end(): string {
    const last = this.#rest + this.#decoder.end()
    if (last !== '') this.#take(last)
    return this.#said.join('\n').slice(0, MAX_MESSAGE_BYTES).trim().replace(/^rg: /, '')
  }

  #take(line: string): void {
    const { onDebug, onUnreached } = this.#listener
    if (onDebug !== undefined && DEBUG_LINE.test(line)) return onDebug(line)
    if (onUnreached !== undefined && UNREACHED_LINE.test(line)) return onUnreached(line)
    if (this.#size < MAX_MESSAGE_BYTES) this.#said.push(line)
    this.#size += line.length + 1
  }
}
