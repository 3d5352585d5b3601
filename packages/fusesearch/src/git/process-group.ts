import type { ChildProcess } from 'node:child_process'

/** Running processes. */
const running = new Set<ChildProcess>()
let isWatched = false

/** Ends a process and its children when `signal` aborts, or when this process ends. */
export function killOnAbortOrExit(child: ChildProcess, signal: AbortSignal | undefined): void {
  const kill = (): void => killGroup(child)
  signal?.addEventListener('abort', kill, { once: true })
  running.add(child)
  if (!isWatched) process.on('exit', killAll)
  isWatched = true
  const forget = (): void => {
    signal?.removeEventListener('abort', kill)
    running.delete(child)
  }
  child.once('close', forget)
  child.once('error', () => child.pid === undefined && forget())
}

/** Kills a process that leads its own group, and the group with it. */
export function killGroup(child: ChildProcess): void {
  const { pid } = child
  if (pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-pid, 'SIGKILL')
  } catch {
    // The whole group has ended.
  }
}

function killAll(): void {
  for (const child of running) killGroup(child)
}
