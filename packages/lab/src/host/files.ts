import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'

/** A file to be written. */
interface WholeFile {
  readonly path: string
  readonly content: string | Uint8Array
}

/**
 * Writes a file atomically, so that a kill leaves the old or the new one; creates its folder.
 * Throws FuseSearchError `write-failed`, naming the file.
 */
export function writeWhole(path: string, content: string | Uint8Array): void {
  writeTogether([{ path, content }])
}

/** Writes several files like {@link writeWhole}: first all to temporary files, then each is renamed. */
export function writeTogether(files: readonly WholeFile[]): void {
  const begun: string[] = []
  try {
    for (const { path, content } of files) {
      attempt(path, () => {
        mkdirSync(dirname(path), { recursive: true })
        const partial = `${path}.${process.pid}.part`
        begun.push(partial)
        writeFileSync(partial, content)
      })
    }
    for (const [index, { path }] of files.entries()) attempt(path, () => renameSync(begun[index] ?? '', path))
  } finally {
    for (const partial of begun) discard(partial)
  }
}

/** Creates a folder and its parents. Throws `write-failed`. */
export function makeFolder(path: string): void {
  attempt(path, () => mkdirSync(path, { recursive: true }))
}

/** Runs code that writes to `path`; its failure becomes FuseSearchError `write-failed`. */
export function attempt<T>(path: string, write: () => T): T {
  try {
    return write()
  } catch (error) {
    throw error instanceof FuseSearchError ? error : writeFailure(path, error)
  }
}

/** The error for a path that can't be written. */
function writeFailure(path: string, cause: unknown): FuseSearchError {
  const fact = cause instanceof Error ? cause.message : String(cause)
  const next = 'Files written before are kept. Free some space or choose another folder, and run the same command again'
  return new FuseSearchError(`${path} can't be written: ${fact}. ${next}.`, { code: 'write-failed', cause })
}

function discard(partial: string): void {
  try {
    rmSync(partial, { force: true })
  } catch {
    // A failure to remove it has already been reported as the reason for the failed write.
  }
}
