import { spawn, spawnSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { dirname, join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
/** The built command. */
export const MAIN = join(ROOT, 'packages/fusesearch/dist/cli/main.js')

/** Whether this worker has checked that the build is up to date. */
let isBuilt = false

/** Brings the build up to date, because the tests use the command as it ships. */
export function ensureBuilt(): void {
  if (isBuilt) return
  const setUp = spawnSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { encoding: 'utf8' })
  if (setUp.status !== 0) throw new Error(`The build failed:\n${setUp.stderr}`)
  isBuilt = true
}

export interface CommandOptions {
  readonly cwd?: string
  readonly input?: string | Uint8Array
  readonly env?: Readonly<Record<string, string>>
}

export interface ProcessOptions extends CommandOptions {
  /** Leaves standard input open and silent, like a terminal at which nobody types. */
  readonly keepsInputOpen?: boolean
  /** Receives the process as soon as it runs, for tests that stop it. */
  readonly onStart?: (processId: number) => void
}

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly ms: number
}

/**
 * Runs the built `fusesearch` within this process: what its `main.js` calls gets a substitute for the process, with its
 * own streams, folder and environment. That takes a tenth of the time of a process. A test of things that only a
 * process has (signals, pipes that close, its end) uses `startFusesearch`.
 */
export async function runFusesearch(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const started = performance.now()
  const { runMain } = await loadBuilt()
  const self = new StandIn(args, options)
  await runMain(self as unknown as NodeJS.Process)
  const [stdout, stderr] = [self.stdout, self.stderr].map((stream) => stream.text())
  return { code: self.exitCode ?? 0, stdout: stdout ?? '', stderr: stderr ?? '', ms: performance.now() - started }
}

/** Runs `fusesearch` as a separate process. */
export function startFusesearch(args: readonly string[], options: ProcessOptions = {}): Promise<CommandResult> {
  const { input = '', keepsInputOpen = false, onStart } = options
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: options.cwd ?? ROOT, env: environmentOf(options) })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      const [out, err] = [stdout, stderr].map((chunks) => Buffer.concat(chunks).toString('utf8'))
      resolve({ code, stdout: out ?? '', stderr: err ?? '', ms: performance.now() - started })
    })
    if (child.pid !== undefined) onStart?.(child.pid)
    // A command that refuses its input closes the pipe before all of it is written.
    child.stdin.on('error', () => undefined)
    if (!keepsInputOpen) child.stdin.end(input)
  })
}

function environmentOf({ env = {} }: CommandOptions): NodeJS.ProcessEnv {
  return { ...process.env, NO_COLOR: '1', ...env }
}

/** What `main.js` calls, from the build's separate file: the bundle joins this file with others under its own names. */
async function loadBuilt(): Promise<{ runMain: (self: NodeJS.Process) => Promise<void> }> {
  return (await import(/* @vite-ignore */ pathToFileURL(join(dirname(MAIN), 'run-main.js')).href)) as {
    runMain: (self: NodeJS.Process) => Promise<void>
  }
}

/** What a command may touch of a process. */
class StandIn extends EventEmitter {
  readonly argv: readonly string[]
  readonly versions = process.versions
  /** This number keeps a command from changing how V8 optimizes the shared worker. */
  readonly execArgv = ['--interrupt-budget=0']
  readonly env: NodeJS.ProcessEnv
  readonly stdin: Readable
  readonly stdout = new Collected()
  readonly stderr = new Collected()
  readonly #cwd: string
  exitCode: number | undefined

  constructor(args: readonly string[], options: CommandOptions) {
    super()
    this.argv = [process.execPath, MAIN, ...args]
    this.env = environmentOf(options)
    this.stdin = Readable.from([Buffer.from(options.input ?? '')])
    this.#cwd = options.cwd ?? ROOT
  }

  cwd(): string {
    return this.#cwd
  }

  exit(code: number): never {
    throw new Error(`The command ended the process with ${code}.`)
  }
}

/** Collects the output. */
class Collected extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}
