import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FuseSearchError } from '../core/index.ts'

/** Files whose rules a walk follows, in any folder. */
export const IGNORE_FILES: ReadonlySet<string> = new Set(['.gitignore', '.ignore', '.rgignore'])

/**
 * Refuses folders with an ignore file that can't be read to its end: ripgrep would wait for the writer of a pipe, and
 * read a device forever.
 * @throws FuseSearchError `repository-unreadable`.
 */
export async function refuseEndlessIgnores(folders: readonly string[]): Promise<void> {
  const paths = folders.flatMap((folder) => [...IGNORE_FILES].map((name) => join(folder, name)))
  const found = await Promise.all(paths.map(isEndless))
  const endless = paths.find((_, index) => found[index])
  if (endless !== undefined) throw endlessIgnore(endless)
}

/** A listing without output for so long may be blocked by an ignore file that never ends. */
const SILENT_MS = 250

interface ListingWatch {
  readonly signal: AbortSignal
  /** Receives all output of the listing. */
  readonly heard: () => void
}

/**
 * Runs a listing. If it prints nothing for a while, looks for ignore files that block it. Rejects with the signal's
 * reason on abort.
 * @throws FuseSearchError `repository-unreadable` as {@link refuseEndlessIgnores}.
 */
export async function unlessEndless<End>(
  root: string,
  signal: AbortSignal,
  list: (watch: ListingWatch) => Promise<End>,
): Promise<End> {
  const listing = new AbortController()
  const stop = (): void => listing.abort()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let endless: string | undefined
  let timesHeard = 0
  let hasLooked = false
  let looking: AbortController | undefined
  const look = async (): Promise<void> => {
    const mine = new AbortController()
    looking = mine
    endless ??= await findEndlessIgnore(root, mine.signal)
    if (endless !== undefined) return stop()
    hasLooked ||= !mine.signal.aborted
  }
  const onSilence = (): void => {
    const before = timesHeard
    // Output that came while this thread was busy is handled first.
    setImmediate(() => {
      if (timesHeard === before && !hasLooked) void look()
    })
  }
  const timer = setTimeout(onSilence, SILENT_MS)
  const heard = (): void => {
    timesHeard += 1
    // A listing that goes on isn't blocked, and a look at all folders of a large tree takes longer than it does.
    looking?.abort()
    timer.refresh()
  }
  try {
    const end = await list({ signal: listing.signal, heard })
    if (endless !== undefined) throw endlessIgnore(endless)
    signal.throwIfAborted()
    return end
  } finally {
    clearTimeout(timer)
    looking?.abort()
    stop()
    signal.removeEventListener('abort', stop)
  }
}

/** The first such file below a folder; undefined if there is none or `signal` aborts. */
async function findEndlessIgnore(root: string, signal: AbortSignal): Promise<string | undefined> {
  const open = [root]
  for (let folder = open.pop(); folder !== undefined && !signal.aborted; folder = open.pop()) {
    for (const entry of await entriesOf(folder)) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && entry.name !== '.git') open.push(path)
      else if (IGNORE_FILES.has(entry.name) && !entry.isFile() && (await isEndless(path))) return path
    }
  }
  return undefined
}

function endlessIgnore(path: string): FuseSearchError {
  const fact = `${path} is a pipe or a device, so its rules can't be read to an end`
  return new FuseSearchError(`${fact}. Remove it, or search a folder without it.`, { code: 'repository-unreadable' })
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch {
    // Not readable, so ripgrep doesn't read there either.
    return []
  }
}

/** Links are followed, as ripgrep does. An empty device is a known way to mask a file. */
async function isEndless(path: string): Promise<boolean> {
  try {
    const found = await stat(path)
    if (found.isFIFO() || found.isBlockDevice()) return true
    return found.isCharacterDevice() && found.rdev !== (await stat('/dev/null')).rdev
  } catch {
    // Not there.
    return false
  }
}
