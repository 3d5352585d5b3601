import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KEPT_COMMITS } from '../programs/index.ts'
import { isMarker, MARKER } from './snapshot-marker.ts'
import { onDisk } from './snapshot-write.ts'

/** A snapshot used within this time is never evicted: a search may still be reading it. */
export const IN_USE_MS = 10 * 60_000
/** After an eviction the cache is at most this full, so that the next build needs no eviction. */
const TARGET_SHARE = 0.8
/** Bytes of shared contents whose first snapshot was removed; exact after each sweep, an estimate in between. */
const LEDGER = 'ledger.json'

interface Entry {
  readonly place: string
  readonly lastUseMs: number
  readonly addedBytes: number
}

/** A cache and its limit. `keep` is never evicted. */
export interface CacheBound {
  readonly cacheDir: string
  readonly maxBytes: number
  readonly keep: string
}

/**
 * Removes the least recently used snapshots until the cache is within its bound; those in use stay, so many of them
 * at once may exceed it. Another process may do the same meanwhile.
 */
export async function keepWithin(bound: CacheBound): Promise<void> {
  const { cacheDir, maxBytes, keep } = bound
  const entries = await listSnapshots(cacheDir)
  const orphaned = await readLedger(cacheDir)
  let total = orphaned + entries.reduce((sum, entry) => sum + entry.addedBytes, 0)
  if (total <= maxBytes) return
  const idle = entries.filter((entry) => entry.place !== keep && Date.now() - entry.lastUseMs > IN_USE_MS)
  idle.sort((a, b) => a.lastUseMs - b.lastUseMs || (a.place < b.place ? -1 : 1))
  const left = new Set(entries)
  // Contents are shared, so the freed space is known only after a sweep: an eighth at a time.
  const step = Math.max(1, Math.ceil(idle.length / 8))
  for (let from = 0; from < idle.length && total > maxBytes * TARGET_SHARE; from += step) {
    for (const entry of idle.slice(from, from + step)) {
      if (await evict(cacheDir, entry)) left.delete(entry)
    }
    const stored = await sweep(join(cacheDir, 'blobs'))
    const added = [...left].reduce((sum, entry) => sum + entry.addedBytes, 0)
    total = Math.max(stored, added)
    await writeLedger(cacheDir, Math.max(0, stored - added))
  }
}

async function listSnapshots(cacheDir: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for (const home of await readdir(cacheDir, { withFileTypes: true })) {
    if (!home.isDirectory() || home.name === 'blobs' || home.name === KEPT_COMMITS) continue
    for (const name of await readdir(join(cacheDir, home.name))) {
      const place = join(cacheDir, home.name, name)
      const path = join(place, MARKER)
      const marker: unknown = await readFile(path, 'utf8')
        .then(JSON.parse)
        .catch(() => undefined)
      const found = await stat(path).catch(() => undefined)
      if (!found || !isMarker(marker) || name.startsWith('.')) continue
      entries.push({ place, lastUseMs: found.mtimeMs, addedBytes: marker.addedBytes })
    }
  }
  return entries
}

/** Removes one snapshot, unless it was used since it was listed. */
async function evict(cacheDir: string, entry: Entry): Promise<boolean> {
  const now = await stat(join(entry.place, MARKER)).catch(() => undefined)
  if (now !== undefined && now.mtimeMs !== entry.lastUseMs) return false
  const trash = await mkdtemp(join(cacheDir, '.trash-'))
  try {
    await rename(entry.place, join(trash, 'snapshot')).catch(() => undefined)
  } finally {
    await rm(trash, { recursive: true, force: true })
  }
  return true
}

/** Removes contents that no snapshot links to. Returns the disk space of the rest. */
async function sweep(blobs: string): Promise<number> {
  if (!existsSync(blobs)) return 0
  let kept = 0
  for (const folder of await readdir(blobs)) {
    for (const name of await readdir(join(blobs, folder))) {
      const path = join(blobs, folder, name)
      const found = await stat(path).catch(() => undefined)
      if (found === undefined) continue
      if (found.nlink > 1) kept += onDisk(found.size)
      else await unlink(path).catch(() => undefined)
    }
  }
  return kept
}

async function readLedger(cacheDir: string): Promise<number> {
  const ledger: unknown = await readFile(join(cacheDir, LEDGER), 'utf8')
    .then(JSON.parse)
    .catch(() => undefined)
  const isLedger = typeof ledger === 'object' && ledger !== null && 'orphanedBytes' in ledger
  return isLedger && typeof ledger.orphanedBytes === 'number' ? ledger.orphanedBytes : 0
}

async function writeLedger(cacheDir: string, orphanedBytes: number): Promise<void> {
  await mkdir(cacheDir, { recursive: true })
  await writeFile(join(cacheDir, LEDGER), `${JSON.stringify({ orphanedBytes })}\n`)
}
