import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { EndReader } from './end-reader.ts'
import { type Command, commandScript, NO_FOLDER } from './script.ts'

/** Who reads what a command prints. */
export interface CommandReader {
  readonly onOutput: (chunk: Buffer) => void
  readonly onError: (chunk: Buffer) => void
}

/** How a command ended. `lost`: the shell itself ended, so nobody knows; the command is gone with it. */
export type CommandEnd =
  | { readonly kind: 'ended'; readonly status: number }
  | { readonly kind: 'no-folder' }
  | { readonly kind: 'lost'; readonly signal: string | null }

/** A command that runs. */
export interface RunningCommand {
  /** Settles when its process is gone. */
  readonly ended: Promise<CommandEnd>
  /** Ends it, whatever it does; `ended` tells when it is over. */
  kill(): void
}

/** Time for the kinder signal, before the one that costs the shell too. */
const TERM_MS = 1_000
/** A signal that comes before the shell has started the command doesn't reach the command: it is sent again. */
const TERM_AGAIN_MS = 20

// Input of commands comes by the fourth pipe. The shell's own messages go nowhere. With a trap the signal that ends a command leaves the shell, which waits for
// the command to be gone; a shell that is killed beside it would leave that to the system's first process.
const SET_UP = 'exec 4<&3 3>&2 2>/dev/null; trap : TERM\n'

/** A POSIX shell that runs one command at a time; idle, it keeps no process alive and ends with this one. */
export class Shell {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #input: Writable | undefined
  // Nothing that a command prints holds it but by chance.
  readonly #token = `end of ${randomBytes(16).toString('hex')} `
  #state: 'lost' | 'running' | 'unstartable' = 'running'
  /** Told when the process is gone and its outputs are read. */
  #onClose: (signal: string | null) => void = () => undefined

  /** Starts `path`. One that isn't there is unstartable; throws where the system takes no more processes. */
  constructor(path: string) {
    // A group of its own, so that a signal reaches the shell and its command; no variables, as for ripgrep itself.
    const child = spawn(path, [], { cwd: '/', env: {}, stdio: ['pipe', 'pipe', 'pipe', 'pipe'], detached: true })
    this.#child = child
    const input = child.stdio[3]
    this.#input = input instanceof Writable ? input : undefined
    child.once('error', () => {
      this.#state = 'unstartable'
      this.#onClose(null)
    })
    child.once('exit', () => {
      this.#state = 'lost'
      // A shell that others ended may leave its command behind.
      this.#signal('SIGKILL')
    })
    child.once('close', (_code, signal) => this.#onClose(signal))
    // Without a process there may be no pipes either.
    if (child.pid === undefined) return
    child.stdout.resume()
    child.stderr.resume()
    // What can't be written any more is told by `close`.
    for (const pipe of [child.stdin, this.#input]) pipe?.on('error', () => undefined)
    child.stdin.write(SET_UP)
    this.#keepAlive(false)
  }

  /** `lost`: it has ended. `unstartable`: it never ran; known a moment after it was made. */
  get state(): 'lost' | 'running' | 'unstartable' {
    return this.#state
  }

  /** Undefined for a command that a shell should not run. */
  run(command: Command, reader: CommandReader): RunningCommand | undefined {
    const script = commandScript(command, this.#token)
    if (script === undefined || this.#child.pid === undefined) return undefined
    let killing: NodeJS.Timeout | undefined
    const ended = this.#untilEnd(reader).then((end) => {
      clearInterval(killing)
      // What a killed command has left of its input, or one that never began, would be the next one's.
      if (command.input !== undefined && (killing !== undefined || end.kind === 'no-folder')) this.#retire()
      return end
    })
    this.#child.stdin.write(script)
    if (command.input !== undefined) this.#input?.write(command.input)
    return {
      ended,
      kill: () => {
        const sinceMs = performance.now()
        const signal = (): void => this.#signal(performance.now() - sinceMs > TERM_MS ? 'SIGKILL' : 'SIGTERM')
        signal()
        killing ??= setInterval(signal, TERM_AGAIN_MS)
      },
    }
  }

  /** Lets it end and waits for that; it must be idle. */
  async close(): Promise<void> {
    if (this.#state !== 'running' || this.#child.pid === undefined) return
    this.#keepAlive(true)
    const isClosed = new Promise<void>((resolve) => {
      this.#onClose = () => resolve()
    })
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#signal('SIGKILL'), TERM_MS)
    await isClosed
    clearTimeout(timer)
  }

  async #untilEnd({ onOutput, onError }: CommandReader): Promise<CommandEnd> {
    const { stdout, stderr } = this.#child
    const [output, error] = [new EndReader(this.#token, onOutput), new EndReader(this.#token, onError)]
    this.#keepAlive(true)
    let stop: (() => void) | undefined
    const end = await new Promise<CommandEnd>((resolve) => {
      this.#onClose = (signal) => resolve({ kind: 'lost', signal })
      const into = (reader: EndReader) => (chunk: Buffer) => {
        reader.push(chunk)
        if (output.status !== undefined && error.status !== undefined) resolve(endOf(output.status))
      }
      const [intoOutput, intoError] = [into(output), into(error)]
      stdout.on('data', intoOutput)
      stderr.on('data', intoError)
      stop = () => {
        stdout.off('data', intoOutput)
        stderr.off('data', intoError)
      }
    })
    stop?.()
    this.#onClose = () => undefined
    this.#keepAlive(false)
    return end
  }

  #retire(): void {
    this.#state = 'lost'
    this.#signal('SIGKILL')
  }

  /** To the shell and its command. */
  #signal(signal: 'SIGKILL' | 'SIGTERM'): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch {
      // Nobody is left in the group.
    }
  }

  #keepAlive(keeps: boolean): void {
    const { stdin, stdout, stderr } = this.#child
    const pipes = [stdin, stdout, stderr, this.#input].filter((stream) => stream instanceof Socket)
    for (const one of [this.#child, ...pipes]) {
      if (keeps) one.ref()
      else one.unref()
    }
  }
}

function endOf(status: string): CommandEnd {
  return status === NO_FOLDER ? { kind: 'no-folder' } : { kind: 'ended', status: Number(status) }
}
