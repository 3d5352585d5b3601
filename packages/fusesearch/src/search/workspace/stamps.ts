import { type BigIntStats, lstatSync, readdirSync } from 'node:fs'
import { join, sep } from 'node:path'
import { IGNORE_FILES } from '../ignore-files.ts'

/** Folders of a tree beyond which no listing is kept: looking at them all would take as long as listing anew. */
const MAX_FOLDERS = 20_000

/** A change so short before the look might be followed by another one that leaves the same time stamp. */
const SETTLED_MS = 2_000

/** Folders looked at before other work gets its turn. */
const FOLDERS_AT_ONCE = 200

/** What tells a change of a file or folder. */
type Stamp = Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs' | 'ctimeNs'>

/** Folders and ignore files of a tree by their path. */
export type Stamps = ReadonlyMap<string, Stamp>

/** What to stamp. */
export interface StampOptions {
  readonly root: string
  readonly signal: AbortSignal
}

/**
 * Stamps of every folder below the root and of every ignore file in them, ignored and hidden ones included.
 * A file that comes, goes, is renamed or becomes a link changes the stamp of its folder; an edited ignore file its own.
 * Undefined where the tree changed in the last two seconds or can't be read in part.
 */
export async function takeStamps(options: StampOptions): Promise<Stamps | 'too-large' | undefined> {
  const { root, signal } = options
  const stamps = new Map<string, Stamp>()
  const nowMs = Date.now()
  const open = [root]
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    if (signal.aborted) return undefined
    if (stamps.size > MAX_FOLDERS) return 'too-large'
    // A folder is stamped before it is read: what happens in between shows at the next look.
    if (!stampInto(stamps, folder, nowMs)) return undefined
    if (!readInto({ stamps, open, nowMs }, folder)) return undefined
    if (stamps.size % FOLDERS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  return stamps
}

/** True when nothing that was stamped has changed. Synchronous, so that no other work of the process comes between. */
export function areCurrent(stamps: Stamps): boolean {
  for (const [path, stamp] of stamps) if (!isSame(stamp, statOf(path))) return false
  return true
}

interface Reading {
  readonly stamps: Map<string, Stamp>
  /** Folders still to be read. */
  readonly open: string[]
  readonly nowMs: number
}

function readInto({ stamps, open, nowMs }: Reading, folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true, encoding: 'buffer' })) {
      const name = entry.name.toString('utf8')
      const isFolder = entry.isDirectory()
      // No listing goes into `.git`, which changes with every git command.
      if (isFolder ? name === '.git' : !IGNORE_FILES.has(name)) continue
      // A folder whose name is no text can't be looked at again by that name, nor can a link tell of its target.
      if (isFolder ? !Buffer.from(name).equals(entry.name) : !entry.isFile()) return false
      const path = folder.endsWith(sep) ? folder + name : join(folder, name)
      if (isFolder) open.push(path)
      else if (!stampInto(stamps, path, nowMs)) return false
    }
    return true
  } catch {
    // Not readable, or gone by now: nothing is kept, and the next request lists the tree itself.
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
    // What can't be looked at any more has changed.
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
