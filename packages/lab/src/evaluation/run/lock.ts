import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'
import { attempt } from '../../host/index.ts'

/** The process that holds the lock. */
interface Holder {
  readonly pid: number
  readonly host: string
  /**
   * When the process started, in the system's ticks: this distinguishes it from a later process with the same number.
   */
  readonly birth: string | null
}

/** A locked folder. */
interface FolderLock {
  release(): void
}

/**
 * Locks the folder for this process. It takes over the lock of a process that has ended.
 * Throws FuseSearchError `busy-folder` if another one holds it, `write-failed` if it can't be written.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, 'lock')
  const own = JSON.stringify(describeProcess(process.pid))
  if (!attempt(path, () => createLock(path, own))) {
    const found = readLock(path)
    if (isHeld(found)) throw busy(folder, found)
    removeStale(path, found)
    if (!createLock(path, own)) throw busy(folder, readLock(path))
  }
  return { release: () => readLock(path) === own && rmSync(path, { force: true }) }
}

function createLock(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false
    throw error
  }
}

function readLock(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
}

/** Moves the stale lock away; puts it back if another process took it in the meantime. */
function removeStale(path: string, stale: string | null): void {
  const aside = `${path}.stale-${process.pid}`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return
    throw error
  }
  if (readLock(aside) !== stale) linkSync(aside, path)
  rmSync(aside, { force: true })
}

function isHeld(content: string | null): boolean {
  const holder = parseHolder(content)
  if (holder === null) return false
  // A process on another machine can't be checked, so its lock counts until someone removes it.
  if (holder.host !== hostname()) return true
  return isAlive(holder.pid) && (holder.birth === null || describeProcess(holder.pid).birth === holder.birth)
}

function parseHolder(content: string | null): Holder | null {
  try {
    const holder: unknown = JSON.parse(content ?? '')
    return typeof holder === 'object' && holder !== null && 'pid' in holder ? (holder as Holder) : null
  } catch {
    // The process was killed while it wrote the lock.
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

function describeProcess(pid: number): Holder {
  return { pid, host: hostname(), birth: startTimeOf(pid) }
}

function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may contain spaces; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    // Only Linux has /proc; elsewhere only the number is compared.
    return null
  }
}

function busy(folder: string, content: string | null): FuseSearchError {
  const holder = parseHolder(content)
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}`
  const message = `${folder} is in use by ${who}. Wait for it, give --out another folder, or, if it no longer runs, remove ${join(folder, 'lock')}.`
  return new FuseSearchError(message, { code: 'busy-folder' })
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
