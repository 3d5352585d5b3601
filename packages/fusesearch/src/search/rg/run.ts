import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, constants, existsSync, openSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { FuseSearchError } from '../../core/index.ts'
import { realPlace } from '../real-place.ts'
import { MessageReader } from './message.ts'
import { ABORTED, killedError, type RgEnd, type RgRun } from './rg-run.ts'

/**
 * Runs ripgrep to its end; resolves only when the process is gone. The run's launcher starts it if it can.
 * Throws FuseSearchError: `rg-missing` if it cannot be started, `rg-failed` if another process killed it,
 * `repository-missing` if the tree is gone, `repository-unreadable` if the root's path now leads elsewhere.
 */
export async function runRg(run: RgRun): Promise<RgEnd> {
  if (run.signal.aborted) return ABORTED
  const held = holdFolder(run.cwd)
  try {
    return (await run.launcher?.run({ ...run, cwd: held.place })) ?? (await runDirectly(run, held.place))
  } finally {
    held.release()
  }
}

/** A path that leads to the same folder even if the folder is moved or replaced. */
interface HeldFolder {
  readonly place: string
  release(): void
}

/**
 * Holds the root open, so that ripgrep starts in this folder even if someone replaces it, or a folder above it, with a
 * link. Only Linux has paths for open folders; other systems use the root's own path.
 */
function holdFolder(root: string): HeldFolder {
  const byPath = { place: root, release: () => undefined }
  if (process.platform !== 'linux') return byPath
  const descriptor = openFolder(root)
  const real = realPlace(descriptor)?.toString()
  if (real === root) {
    return { place: `/proc/${process.pid}/fd/${descriptor}`, release: () => closeSync(descriptor) }
  }
  closeSync(descriptor)
  if (real === undefined) return byPath
  const message = `${root} was moved, or became a link, while it was searched. Search it again.`
  throw new FuseSearchError(message, { code: 'repository-unreadable' })
}

function openFolder(root: string): number {
  try {
    return openSync(root, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (cause) {
    if (!existsSync(root)) throw new FuseSearchError(goneMessage(root), { code: 'repository-missing', cause })
    const message = `The folder ${root} can not be opened. Check its permissions, and that no link took its place.`
    throw new FuseSearchError(message, { code: 'repository-unreadable', cause })
  }
}

function goneMessage(root: string): string {
  return `The repository ${root} is gone. Give a folder that exists.`
}

async function runDirectly(run: RgRun, folder: string): Promise<RgEnd> {
  if (run.signal.aborted) return ABORTED
  const child = startRg(run, folder)
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

function startRg(run: RgRun, folder: string): Started {
  // The environment is empty so that ripgrep sees neither RIPGREP_CONFIG_PATH nor the user's git configuration.
  const child = spawn(run.rg, run.argv, { cwd: folder, env: {}, stdio: 'pipe', windowsHide: true })
  return { process: child, stdin: child.stdin, stdout: child.stdout, stderr: child.stderr }
}

function ended(child: ChildProcess, run: RgRun): Promise<[number | null, string | null]> {
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => resolve([code, signal]))
    child.once('error', (cause) => {
      const isTreeGone = !existsSync(run.cwd)
      const message = isTreeGone
        ? goneMessage(run.cwd)
        : `ripgrep could not be started from ${run.rg}: ${cause.message}. Reinstall it or put rg on PATH.`
      reject(new FuseSearchError(message, { code: isTreeGone ? 'repository-missing' : 'rg-missing', cause }))
    })
  })
}

function feed(stdin: Writable, input: Buffer | undefined): void {
  // A process may close its standard input early; that is no failure.
  stdin.on('error', () => undefined)
  stdin.end(input)
}
