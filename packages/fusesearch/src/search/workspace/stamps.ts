import { type BigIntStats, lstatSync, readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { IGNORE_FILES } from '../ignore-files.ts'

/** A tree with more folders isn't kept: checking them all would take as long as a new listing. */
const MAX_FOLDERS = 20_000

/** A change this recent could be followed by another one with the same time stamp. */
const SETTLED_MS = 2_000

/** Folders checked before other work of this process gets a turn. */
const FOLDERS_AT_ONCE = 200

/** What shows that a file or folder has changed. */
type Stamp = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>

/** Folders and ignore files of a tree by their path. */
export type Stamps = ReadonlyMap<string, Stamp>

/** What to stamp. */
export interface StampOptions {
  readonly root: string
  readonly signal: AbortSignal
}

/**
 * Takes the stamps of every folder below the root and of every ignore file in them, also of ignored and hidden ones.
 * A file that is added, removed, renamed or replaced by a link changes its folder's stamp; an edited ignore file
 * changes its own. Undefined if the tree changed in the last two seconds or is partly unreadable.
 */
export async function takeStamps(options: StampOptions): Promise<Stamps | 'too-large' | undefined> {
  const { root, signal } = options
  const stamps = new Map<string, Stamp>()
  const nowMs = Date.now()
  const open = [root]
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    if (signal.aborted) return undefined
    if (stamps.size > MAX_FOLDERS) return 'too-large'
    // The folder is stamped before it is read, so the next check notices a change in between.
    if (!stampInto(stamps, folder, nowMs)) return undefined
    if (!readInto({ stamps, open, nowMs }, folder)) return undefined
    if (stamps.size % FOLDERS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return stamps
}

/** True if nothing that was stamped has changed. Synchronous, so that no other work of the process runs in between. */
export function areCurrent(stamps: Stamps): boolean {
  for (const [path, stamp] of stamps) if (!isSame(stamp, statOf(path))) return false
  return true
}

interface Reading {
  readonly stamps: Map<string, Stamp>
  /** Folders that are still to be read. */
  readonly open: string[]
  readonly nowMs: number
}

function readInto({ stamps, open, nowMs }: Reading, folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
      const name = entry.name.toString('utf8')
      const isFolder = entry.isDirectory()
      // A listing never enters `.git`, and every git command changes it.
      if (isFolder ? name === '.git' : !IGNORE_FILES.has(name)) continue
      // A name that isn't UTF-8 can't be checked, and a link's stamp doesn't show changes of its target.
      if (isFolder ? !Buffer.from(name).equals(entry.name) : !entry.isFile()) return false
      const path = folder.endsWith(sep) ? folder + name : join(folder, name)
      if (isFolder) open.push(path)
      else if (!stampInto(stamps, path, nowMs)) return false
    }
    return true
  } catch {
    // Unreadable or removed: nothing is kept, and the next request lists the tree itself.
    return false
  }
}

function stampInto(stamps: Map<string, Stamp>, path: string, nowMs: number): boolean {
  const stat = statOf(path)
  if (stat === undefined) return false
  if (Number(stat.ctimeMs) > nowMs - SETTLED_MS || Number(stat.mtimeMs) > nowMs - SETTLED_MS) return false
  const { dev, ino, size, mtimeNs, ctimeNs } = stat
  stamps.set(path, { dev, ino, size, mtimeNs, ctimeNs })
  return true
}

function statOf(path: string): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false })
  } catch {
    // A path that can't be checked counts as changed.
    return undefined
  }
}

function isSame(stamp: Stamp, stat: BigIntStats | undefined): boolean {
  return (
    stat !== undefined &&
    stat.ctimeNs === stamp.ctimeNs &&
    stat.mtimeNs === stamp.mtimeNs &&
    stat.ino === stamp.ino &&
    stat.size === stamp.size &&
    stat.dev === stamp.dev
  )
}
