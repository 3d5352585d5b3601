import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { FuseSearchError } from '../../core/index.ts'
import { MessageReader } from './message.ts'
import { ABORTED, killedError, type RgEnd, type RgRun } from './rg-run.ts'

/**
 * Runs ripgrep to its end; resolves only when the process is gone. The run's launcher starts it where it can.
 * Throws FuseSearchError: `rg-missing` when it cannot be started, `rg-failed` when it was killed by others,
 * `repository-missing` when the tree is gone.
 */
export async function runRg(run: RgRun): Promise<RgEnd> {
  if (run.signal.aborted) return ABORTED
  return (await run.launcher?.run(run)) ?? runDirectly(run)
}

async function runDirectly(run: RgRun): Promise<RgEnd> {
  if (run.signal.aborted) return ABORTED
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
  const message = new MessageReader(run)
  child.stderr.on('data', (chunk: Buffer) => message.push(chunk))
  feed(child.stdin, run.input)
  try {
    const [exitCode, killedBy] = await ended(child.process, run)
    if (reason === 'done' && exitCode === null) throw killedError(run, killedBy)
    return { reason, exitCode: exitCode ?? 1, message: message.end() }
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

function feed(stdin: Writable, input: Buffer | undefined): void {
  // A process that needs no more input closes its end; that is its right and no failure.
  stdin.on('error', () => undefined)
  stdin.end(input)
}
