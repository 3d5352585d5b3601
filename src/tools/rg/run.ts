import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { FuseSearchError } from '../../core/index.ts'

/** One run of ripgrep. */
export interface RgRun {
  readonly rg: string
  readonly argv: readonly string[]
  /** The tree's root. */
  readonly cwd: string
  /** Ends the process when it aborts. */
  readonly signal: AbortSignal
  readonly input?: Buffer
  /** Gets standard output as it comes; false ends the process, because enough or too much was seen. */
  readonly onOutput: (chunk: Buffer) => boolean
  /** Gets each debug message, where the arguments ask for them. */
  readonly onDebug?: (message: string) => void
}

/** How a run ended; a killed one has ended too, its process is gone. */
export interface RgEnd {
  readonly reason: 'aborted' | 'done' | 'stopped'
  /** 0: found, 1: nothing found, 2: an error, of the pattern when `message` says so, else of single files. */
  readonly exitCode: number
  /** What ripgrep said, without its `rg: `. */
  readonly message: string
}

const MAX_MESSAGE_BYTES = 8_000
const DEBUG_LINE = /^(?:rg: )?(?:DEBUG|TRACE)\|/

/**
 * Runs ripgrep to its end; resolves only when the process is gone.
 * Throws FuseSearchError: `rg-missing` when it cannot be started, `rg-failed` when it was killed by others,
 * `repository-missing` when the tree is gone.
 */
export async function runRg(run: RgRun): Promise<RgEnd> {
  if (run.signal.aborted) return { reason: 'aborted', exitCode: 1, message: '' }
  const child = startRg(run)
  let reason: RgEnd['reason'] = 'done'
  const end = (why: 'aborted' | 'stopped'): void => {
    if (reason === 'done') reason = why
    child.process.kill('SIGKILL')
  }
  const onAbort = (): void => end('aborted')
  run.signal.addEventListener('abort', onAbort, { once: true })
  child.stdout.on('data', (chunk: Buffer) => {
    if (reason === 'done' && !run.onOutput(chunk)) end('stopped')
  })
  const message = collectMessage(child.stderr, run.onDebug)
  feed(child.stdin, run.input)
  try {
    const [exitCode, killedBy] = await ended(child.process, run)
    if (reason === 'done' && exitCode === null) {
      const fact = `ripgrep (${run.rg}) was ended by ${killedBy ?? 'an unknown signal'}`
      throw new FuseSearchError(`${fact}. Check memory limits and try again.`, { code: 'rg-failed' })
    }
    return { reason, exitCode: exitCode ?? 1, message: message() }
  } finally {
    run.signal.removeEventListener('abort', onAbort)
  }
}

interface Started {
  readonly process: ChildProcess
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
}

function startRg(run: RgRun): Started {
  // An empty environment: RIPGREP_CONFIG_PATH and the user's git configuration must not be seen.
  const child = spawn(run.rg, run.argv, { cwd: run.cwd, env: {}, stdio: 'pipe', windowsHide: true })
  return { process: child, stdin: child.stdin, stdout: child.stdout, stderr: child.stderr }
}

function ended(child: ChildProcess, run: RgRun): Promise<[number | null, string | null]> {
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => resolve([code, signal]))
    child.once('error', (cause) => {
      const isTreeGone = !existsSync(run.cwd)
      const message = isTreeGone
        ? `The repository ${run.cwd} is gone. Give a folder that exists.`
        : `ripgrep could not be started from ${run.rg}: ${cause.message}. Reinstall it or put rg on PATH.`
      reject(new FuseSearchError(message, { code: isTreeGone ? 'repository-missing' : 'rg-missing', cause }))
    })
  })
}

/** Keeps what ripgrep says, up to a length; debug messages go to who asked for them. */
function collectMessage(stderr: Readable, onDebug: RgRun['onDebug']): () => string {
  const said: string[] = []
  let size = 0
  const take = (line: string): void => {
    if (onDebug !== undefined && DEBUG_LINE.test(line)) return onDebug(line)
    if (size < MAX_MESSAGE_BYTES) said.push(line)
    size += line.length + 1
  }
  let rest = ''
  stderr.setEncoding('utf8')
  stderr.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
  stderr.on('end', () => {
    if (rest !== '') take(rest)
  })
  return () => said.join('\n').slice(0, MAX_MESSAGE_BYTES).trim().replace(/^rg: /, '')
}

function feed(stdin: Writable, input: Buffer | undefined): void {
  // A process that needs no more input closes its end; that is its right and no failure.
  stdin.on('error', () => undefined)
  stdin.end(input)
}
