import { StringDecoder } from 'node:string_decoder'

const MAX_MESSAGE_BYTES = 8_000
const DEBUG_LINE = /^(?:rg: )?(?:DEBUG|TRACE)\|/
/** What a walk says of a path that it can't go on with, the root itself left out. A name with line ends has more lines. */
const UNREACHED_LINE = /^rg: \.\/(?!: )/

/** Takes messages of which the caller wants to know each. */
export interface MessageListener {
  /** Gets each debug message, where the arguments ask for them. */
  readonly onDebug?: ((message: string) => void) | undefined
  /** Gets each message about a path that could not be read, where the arguments don't keep ripgrep from saying so. */
  readonly onUnreached?: ((message: string) => void) | undefined
}

/** Keeps what ripgrep says on standard error, up to a length, but for the messages that somebody listens to. */
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

  /** What was said, without ripgrep's `rg: `; to be called once, when all was read. */
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
