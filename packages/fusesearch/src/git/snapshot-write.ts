import { createHash } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { FuseSearchError } from '../core/index.ts'
import { blobSizes } from './blobs.ts'
import { describeMissing } from './missing.ts'
import { ObjectReader } from './objects.ts'
import type { Repository } from './repository.ts'
import type { Marker } from './snapshot-marker.ts'
import { listTree, type TreeFile, withoutCollisions } from './tree.ts'

/** Reads in flight: enough to keep git and the disk busy, few enough to hold little in memory. */
const READS_IN_FLIGHT = 24
/** Links made before other work gets a turn. */
const LINKS_PER_SLICE = 200
/** A few megabytes of a repository can be gigabytes of zeros, and a file is held in memory while it is written. */
const MAX_FILE_BYTES = 100_000_000
/** A file takes whole blocks of the disk. */
export const BLOCK_BYTES = 4096
const READ_ONLY = 0o444

/** A tree to write: `root` is made, `blobs` is the store of contents shared by all snapshots of the cache. */
export interface TreeToWrite {
  readonly repository: Repository
  readonly commit: string
  readonly root: string
  readonly blobs: string
  readonly signal?: AbortSignal | undefined
}

/** Counts of a written tree. */
export type WrittenTree = Omit<Marker, 'version' | 'repository' | 'commit'>

/**
 * Writes the files of a commit below `root`. The executable bit isn't kept, because nothing in a snapshot is run.
 * A few files with missing contents, and those larger than {@link MAX_FILE_BYTES}, are left out and counted.
 * @throws FuseSearchError `snapshot-failed` if more are missing than allowed, and for names that must not be written.
 */
export async function writeTree(wanted: TreeToWrite): Promise<WrittenTree> {
  const { repository, commit, root, blobs, signal } = wanted
  const tree = await listTree(repository, commit, signal)
  mkdirSync(root, { recursive: true })
  const { kept: distinct, collisions } = isCaseBlind(root)
    ? withoutCollisions(tree.files)
    : { kept: tree.files, collisions: 0 }
  const oids = [...new Set(distinct.map((file) => file.oid))]
  const { sizes, missing: lost } = await blobSizes(repository, { commit, oids }, signal)
  const present = distinct.filter((file) => !lost.has(file.oid))
  const kept = present.filter((file) => (sizes.get(file.oid) ?? 0) <= MAX_FILE_BYTES)
  const large = present.length - kept.length
  const missing = describeMissing(wanted, distinct, lost)
  const folders = makeFolders(root, kept)
  const store: Store = { blobs, sizes, folders: new Set() }
  const unlinked: TreeFile[] = []
  for (const [index, file] of kept.entries()) {
    if (!linkFrom(store, file, root)) unlinked.push(file)
    if (index % LINKS_PER_SLICE === 0) await yieldTurn(signal)
  }
  const written = await writeUnlinked({ ...wanted, store, unlinked })
  const bytes = kept.reduce((sum, file) => sum + (sizes.get(file.oid) ?? 0), 0)
  const { symlinks, submodules } = tree
  const counts = { files: kept.length, bytes, addedBytes: written + folders * BLOCK_BYTES }
  return {
    ...counts,
    symlinks,
    submodules,
    collisions,
    ...(large > 0 ? { large } : {}),
    ...(missing ? { missing } : {}),
  }
}

/** Bytes that a file of this size takes on most disks. */
export function onDisk(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES
}

/** Contents shared by the snapshots, by hash. */
interface Store {
  readonly blobs: string
  readonly sizes: ReadonlyMap<string, number>
  /** Folders of the store known to exist. */
  readonly folders: Set<string>
}

/** Whether this file system ignores case in names. */
function isCaseBlind(root: string): boolean {
  return existsSync(join(dirname(root), basename(root).toUpperCase()))
}

function makeFolders(root: string, files: readonly TreeFile[]): number {
  const made = new Set<string>()
  for (const { path } of files) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (made.has(folder)) break
      made.add(folder)
    }
  }
  // Sorted, so that a folder comes after the one around it.
  for (const folder of [...made].sort()) mkdirSync(targetOf(root, folder))
  return made.size
}

/** Takes the contents from the store; false if it doesn't have them complete, or if this disk can't link. */
function linkFrom(store: Store, file: TreeFile, root: string): boolean {
  const blob = blobPath(store, file.oid)
  const found = statSync(blob, { throwIfNoEntry: false })
  if (found === undefined) return false
  if (found.size !== store.sizes.get(file.oid)) {
    // Cut off by a crash. A snapshot that links to it is broken too, and nothing else would notice.
    unlinkSync(blob)
    return false
  }
  try {
    linkSync(blob, targetOf(root, file.path))
    return true
  } catch {
    // Too many links to one file, or a disk without links: the file is copied.
    return false
  }
}

/** Reads and writes what the store lacks, and adds it to the store. Returns the used disk space. */
async function writeUnlinked(
  wanted: TreeToWrite & { readonly store: Store; readonly unlinked: readonly TreeFile[] },
): Promise<number> {
  const { unlinked, store, root } = wanted
  if (unlinked.length === 0) return 0
  using reader = new ObjectReader(wanted.repository, wanted.signal)
  const queue = unlinked.values()
  let taken = 0
  const work = async (): Promise<void> => {
    for (const file of queue) {
      // The same contents may have several names in one tree.
      if (linkFrom(store, file, root)) continue
      const found = await reader.read(file.oid)
      if (found?.type !== 'blob') throw lostBlob(wanted, file)
      // Git doesn't compare them when it reads, and other repositories' snapshots take contents from the store by hash.
      if (hashOf(found.bytes, file.oid.length) !== file.oid) throw falseBlob(wanted, file)
      if (linkFrom(store, file, root)) continue
      const target = targetOf(root, file.path)
      writeFileSync(target, found.bytes, { flag: 'wx', mode: READ_ONLY })
      addTo(store, file.oid, target)
      taken += onDisk(found.bytes.length)
    }
  }
  await Promise.all(Array.from({ length: READS_IN_FLIGHT }, work))
  return taken
}

/** The hash of a file's contents in git, by the algorithm that has hashes of this length. */
function hashOf(bytes: Buffer, length: number): string {
  const hash = createHash(length === SHA1_LENGTH ? 'sha1' : 'sha256')
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

const SHA1_LENGTH = 40

/** Links only point to complete files, so the store never has partial contents. */
function addTo(store: Store, oid: string, target: Buffer): void {
  const folder = join(store.blobs, oid.slice(0, 2))
  if (!store.folders.has(folder)) mkdirSync(folder, { recursive: true })
  store.folders.add(folder)
  try {
    linkSync(target, blobPath(store, oid))
  } catch {
    // Another process was first, or this disk can't link; the snapshot itself is complete either way.
  }
}

function blobPath(store: Store, oid: string): string {
  return join(store.blobs, oid.slice(0, 2), oid.slice(2))
}

function targetOf(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}${sep}`), Buffer.from(path, 'latin1')])
}

async function yieldTurn(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate()
  signal?.throwIfAborted()
}

function lostBlob(wanted: TreeToWrite, file: TreeFile): FuseSearchError {
  const path = Buffer.from(file.path, 'latin1').toString('utf8')
  const message = `${wanted.repository.name}@${wanted.commit} lacks the contents of ${path} (${file.oid}). Fetch them.`
  return new FuseSearchError(message, { code: 'snapshot-failed' })
}

function falseBlob({ repository, commit }: TreeToWrite, { path, oid }: TreeFile): FuseSearchError {
  const shown = Buffer.from(path, 'latin1').toString('utf8')
  const fact = `${repository.name}@${commit} has other contents of ${shown} than their hash says (${oid})`
  return new FuseSearchError(`${fact}. Check the repository with git fsck.`, { code: 'snapshot-failed' })
}
