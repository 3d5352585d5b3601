import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process gets hold of some 40 MB in this time. */
const LOOK_EVERY_MS = 100

/**
 * Calls `onExceeded` once a process uses more memory than that, not counting the files it maps. Only Linux says how much
 * a process uses; elsewhere nothing is called. It ends with the process, or when the returned function is called.
 */
export function watchMemory(child: ChildProcess, maxBytes: number, onExceeded: () => void): () => void {
  const { pid } = child
  if (process.platform !== 'linux' || pid === undefined) return () => undefined
  const timer = setInterval(() => {
    if (usedBytes(pid) <= maxBytes) return
    clearInterval(timer)
    onExceeded()
  }, LOOK_EVERY_MS).unref()
  const stop = (): void => clearInterval(timer)
  child.once('exit', stop)
  return stop
}

function usedBytes(pid: number): number {
  try {
    const [, kilobytes = '0'] = /^RssAnon:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
    return Number(kilobytes) * 1024
  } catch {
    // The process has ended.
    return 0
  }
}
