import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Socket } from 'node:net'
import { Writable } from 'node:stream'
import { EndReader } from './end-reader.ts'
import { type Command, commandScript, NO_FOLDER } from './script.ts'

/** Receives what a command prints. */
export interface CommandReader {
  readonly onOutput: (chunk: Buffer) => void
  readonly onError: (chunk: Buffer) => void
}

/** How a command ended. `lost`: the shell ended first and took the command with it, so the status is unknown. */
export type CommandEnd =
  | { readonly kind: 'ended'; readonly status: number }
  | { readonly kind: 'no-folder' }
  | { readonly kind: 'lost'; readonly signal: string | null }

/** A command that runs. */
export interface RunningCommand {
  /** Settles when its process is gone. */
  readonly ended: Promise<CommandEnd>
  /** Ends the command, by force if necessary; `ended` settles when it is gone. */
  kill(): void
}

/** Time that SIGTERM gets before SIGKILL, which also ends the shell. */
const TERM_MS = 1_000
/** A signal sent before the shell has started the command doesn't reach the command, so it is sent again. */
const TERM_AGAIN_MS = 20

// Commands get their input through the fourth pipe. The shell's own messages are discarded. The trap lets the shell
// survive the signal that ends a command, so that the shell can wait until the command is gone.
const SET_UP = 'exec 4<&3 3>&2 2>/dev/null; trap : TERM\n'

/** A POSIX shell that runs one command at a time. An idle shell doesn't keep this process alive and ends with it. */
export class Shell {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #input: Writable | undefined
  // Random, so that a command's output doesn't contain it.
  readonly #token = `end of ${randomBytes(16).toString('hex')} `
  #state: 'lost' | 'running' | 'unstartable' = 'running'
  /** Called when the process is gone and its outputs are read. */
  #onClose: (signal: string | null) => void = () => undefined

  /** Starts the shell at `path`. A missing one is `unstartable`. Throws if the system allows no more processes. */
  constructor(path: string) {
    // Its own process group, so that a signal reaches the shell and its command. No environment, as for ripgrep.
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
      // A shell that another process ended may leave its command behind.
      this.#signal('SIGKILL')
    })
    child.once('close', (_code, signal) => this.#onClose(signal))
    // Without a process there may be no pipes either.
    if (child.pid === undefined) return
    child.stdout.resume()
    child.stderr.resume()
    // `close` reports what could not be written.
    for (const pipe of [child.stdin, this.#input]) pipe?.on('error', () => undefined)
    child.stdin.write(SET_UP)
    this.#keepAlive(false)
  }

  /** `lost`: the shell has ended. `unstartable`: it never ran, which is known shortly after the constructor. */
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
      // The next command would read the input that a killed or never started command left behind.
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

  /** Ends the shell, which must be idle, and waits for that. */
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
      // The process group is empty.
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
