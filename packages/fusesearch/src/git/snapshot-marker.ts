import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'

/** Folder of a snapshot that contains only the files. */
export const TREE = 'tree'
/**
 * A file beside {@link TREE}, moved into place with it. If it is missing or its counts are wrong, the snapshot is
 * broken.
 */
export const MARKER = 'snapshot.json'
export const MARKER_VERSION = 1
const FOLDERS_PER_SLICE = 200

/** What was written. The modification time of the marker is the snapshot's last use. */
export interface Marker {
  readonly version: typeof MARKER_VERSION
  readonly repository: string
  readonly commit: string
  readonly files: number
  /** Bytes of the files as if nothing were shared. */
  readonly bytes: number
  /** Disk space that this snapshot took when it was built: contents that no other snapshot had, and folders. */
  readonly addedBytes: number
  readonly symlinks: number
  readonly submodules: number
  readonly collisions: number
  /** Files above the limit of a file; absent if there are none. */
  readonly large?: number
  /** Absent if nothing is missing. */
  readonly missing?: MissingFiles
}

/** Files whose contents the repository lacked. */
export interface MissingFiles {
  readonly files: number
  /** The first of them. */
  readonly paths: readonly string[]
  /** Hash of the first one: once the repository has it, the snapshot is out of date. */
  readonly firstOid: string
}

/** Whether a parsed file is a marker of this version. */
export function isMarker(value: unknown): value is Marker {
  if (typeof value !== 'object' || value === null) return false
  const marker = value as Partial<Record<keyof Marker, unknown>>
  const counts = [marker.files, marker.bytes, marker.addedBytes, marker.symlinks, marker.submodules, marker.collisions]
  return (
    marker.version === MARKER_VERSION && counts.every((count) => typeof count === 'number') && isMissing(marker.missing)
  )
}

function isMissing(value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null) return false
  const { files, paths, firstOid } = value as Partial<Record<keyof MissingFiles, unknown>>
  return typeof files === 'number' && Array.isArray(paths) && typeof firstOid === 'string'
}

/** Files below a folder, or undefined when it can't be walked. */
export async function countFiles(folder: string): Promise<number | undefined> {
  try {
    let files = 0
    const folders = [folder]
    for (let index = 0; index < folders.length; index += 1) {
      const current = folders[index] ?? folder
      for (const entry of readdirSync(current, { withFileTypes: true })) {
        if (entry.isDirectory()) folders.push(join(current, entry.name))
        else files += 1
      }
      // Synchronous walks are several times faster; other work gets a turn between slices.
      if (index % FOLDERS_PER_SLICE === 0) await setImmediate()
    }
    return files
  } catch {
    return undefined
  }
}
