import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import { keepWithin } from './eviction.ts'
import { toFileName } from './file-name.ts'
import { type Repository, runIn } from './repository.ts'
import { resolveOrFetchCommit } from './resolve.ts'
import { countFiles, isMarker, MARKER, MARKER_VERSION, type Marker, TREE } from './snapshot-marker.ts'
import { writeTree } from './snapshot-write.ts'

/** Default limit of the disk space of all snapshots of a cache folder: 20 GiB. */
export const DEFAULT_MAX_CACHE_BYTES = 20 * 1024 ** 3
/** Builds that weren't changed for this long were interrupted. */
const ABANDONED_AFTER_MS = 6 * 3_600_000
/**
 * Characters of the folder's name at the beginning of a snapshot's name; the hash after it uses the rest of the limit.
 */
const MAX_BASENAME = 100

/** The wanted tree, and where snapshots are cached. */
export interface SnapshotRequest {
  readonly repository: Repository
  /** A commit, or any revision that names one. */
  readonly commit: string
  readonly cacheDir: string
  /** See {@link DEFAULT_MAX_CACHE_BYTES}; the least recently used snapshots go first. */
  readonly maxCacheBytes?: number
  readonly signal?: AbortSignal | undefined
}

/** The files of one commit, read-only, with no repository around them. */
export interface Snapshot {
  readonly root: string
  readonly commit: string
  readonly files: number
  readonly leftOut: LeftOut
}

/** Counts of what the snapshot leaves out. */
export interface LeftOut {
  readonly symlinks: number
  readonly submodules: number
  /** Names that this file system can't distinguish from an earlier one. */
  readonly collisions: number
  /** Files of more than 100 MB. */
  readonly large: number
  /** Files whose contents the repository lacks, as in a partial clone; few enough to continue. */
  readonly missing: number
  /** The first ten of them. */
  readonly missingPaths: readonly string[]
}

/**
 * The tree of a commit as plain files, written from git objects: no work tree, index or ref is touched, and no
 * attribute, filter or line-end rule applies. Files are read-only and share storage between snapshots (hard links).
 * Symbolic links, submodules, files of more than 100 MB and a few with missing contents are left out and counted; a snapshot that lacks
 * some is rebuilt once the repository has them. Cached; an interrupted build is started again;
 * two processes may request the same one at once.
 * @throws FuseSearchError `unknown-commit`, `snapshot-failed` (many missing files, hostile names), `write-failed`.
 */
export async function openSnapshot(request: SnapshotRequest): Promise<Snapshot> {
  const { repository, signal } = request
  const commit = await resolveOrFetchCommit(repository, request.commit, signal)
  const cacheDir = resolve(request.cacheDir, 'snapshots')
  const home = join(cacheDir, folderName(repository))
  const place = join(home, commit)
  const existing = await reopen(repository, place)
  if (existing !== undefined) return asSnapshot(place, commit, existing)
  try {
    await mkdir(home, { recursive: true })
    await removeAbandoned(home)
    const marker = await build({ ...request, commit, home, blobs: join(cacheDir, 'blobs') })
    const limit = request.maxCacheBytes ?? DEFAULT_MAX_CACHE_BYTES
    await keepWithin({ cacheDir, maxBytes: limit, keep: place })
    return asSnapshot(place, commit, marker)
  } catch (error) {
    throw asWriteError(error, place)
  }
}

/** The marker of a snapshot, with its last use updated; undefined if it is missing, broken or out of date. */
async function reopen(repository: Repository, place: string): Promise<Marker | undefined> {
  const path = join(place, MARKER)
  if (!existsSync(path)) return undefined
  // Before the check, so that another process doesn't evict it meanwhile.
  const now = new Date()
  await utimes(path, now, now).catch(() => undefined)
  const marker: unknown = await readFile(path, 'utf8')
    .then(JSON.parse)
    .catch(() => undefined)
  if (!isMarker(marker) || (await countFiles(join(place, TREE))) !== marker.files) return undefined
  return (await hasArrived(repository, marker)) ? undefined : marker
}

/** Whether contents that were missing when the snapshot was built have been fetched since. */
async function hasArrived(repository: Repository, { missing }: Marker): Promise<boolean> {
  if (missing === undefined) return false
  const { exitCode } = await runIn(repository, { arguments: ['cat-file', '-e', missing.firstOid] })
  return exitCode === 0
}

async function build(wanted: SnapshotRequest & { readonly home: string; readonly blobs: string }): Promise<Marker> {
  const { repository, commit, home, blobs, signal } = wanted
  const place = join(home, commit)
  const partial = await mkdtemp(join(home, '.partial-'))
  try {
    const written = await writeTree({ repository, commit, root: join(partial, TREE), blobs, signal })
    const marker: Marker = { version: MARKER_VERSION, repository: repository.name, commit, ...written }
    await writeFile(join(partial, MARKER), `${JSON.stringify(marker)}\n`)
    return await publish({ repository, partial, place, marker })
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

interface Built {
  readonly repository: Repository
  readonly partial: string
  readonly place: string
  readonly marker: Marker
}

/** Moves a finished build into place atomically; a complete one from another process wins. */
async function publish(built: Built): Promise<Marker> {
  const { repository, partial, place, marker } = built
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      await rename(partial, place)
      return marker
    } catch (error) {
      const theirs = await reopen(repository, place)
      if (theirs !== undefined) return theirs
      if (attempt === 2) throw error
      // The existing one is broken. It is moved aside first, so that nobody sees it partly removed.
      const aside = `${partial}-broken`
      await rename(place, aside).catch(() => undefined)
      await rm(aside, { recursive: true, force: true })
    }
  }
  throw new FuseSearchError(`${place} can't be replaced. Remove it and try again.`, { code: 'snapshot-failed' })
}

async function removeAbandoned(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith('.partial-')) continue
    const path = join(home, name)
    const found = await stat(path).catch(() => undefined)
    if (found && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS) await rm(path, { recursive: true, force: true })
  }
}

/** A folder name for a repository; the path of its git folder distinguishes repositories that are named by path. */
function folderName(repository: Repository): string {
  if (/^[\w.-]+\/[\w.-]+$/.test(repository.name)) return toFileName(repository.name.replace('/', '+').toLowerCase())
  const hash = createHash('sha256').update(repository.gitDir).digest('hex').slice(0, 12)
  return `${basename(repository.name)
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, MAX_BASENAME)}-${hash}`
}

function asSnapshot(place: string, commit: string, marker: Marker): Snapshot {
  const { files, symlinks, submodules, collisions, large = 0, missing } = marker
  const lost = { missing: missing?.files ?? 0, missingPaths: missing?.paths ?? [] }
  const leftOut = { symlinks, submodules, collisions, large, ...lost }
  return { root: join(place, TREE), commit, files, leftOut }
}

function asWriteError(error: unknown, place: string): unknown {
  if (error instanceof FuseSearchError || !(error instanceof Error) || !('code' in error)) return error
  const next = error.code === 'ENOSPC' ? 'Free some space or put the cache on another disk' : 'Check the cache folder'
  const message = `The snapshot ${place} can't be written: ${error.message}. ${next}; finished snapshots are kept.`
  return new FuseSearchError(message, { code: 'write-failed', cause: error })
}
