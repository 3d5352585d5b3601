import { StringDecoder } from 'node:string_decoder'

const MAX_MESSAGE_BYTES = 8_000
const DEBUG_LINE = /^(?:rg: )?(?:DEBUG|TRACE)\|/

/** Keeps what ripgrep says on standard error, up to a length; debug messages go to who asked for them. */
export class MessageReader {
  readonly #onDebug: ((message: string) => void) | undefined
  readonly #decoder = new StringDecoder('utf8')
  readonly #said: string[] = []
  #size = 0
  #rest = ''

  constructor(onDebug: ((message: string) => void) | undefined) {
    this.#onDebug = onDebug
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
    if (this.#onDebug !== undefined && DEBUG_LINE.test(line)) return this.#onDebug(line)
    if (this.#size < MAX_MESSAGE_BYTES) this.#said.push(line)
    this.#size += line.length + 1
  }
}
