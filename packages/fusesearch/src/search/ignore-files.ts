import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FuseSearchError } from '../core/index.ts'

/** Files whose rules a walk follows, in any folder. */
export const IGNORE_FILES: ReadonlySet<string> = new Set(['.gitignore', '.ignore', '.rgignore'])

/**
 * Maximum size of the rules that a folder has together with the folders above it, in bytes: some 10,000 rules. Ripgrep
 * holds all of them at once, in up to 400 times as much memory.
 */
const MAX_RULES_BYTES = 500_000

/**
 * Refuses folders with an ignore file whose rules ripgrep can't use: it would wait for the writer of a pipe, read a
 * device forever, and take gigabytes for a very large file.
 * @throws FuseSearchError `repository-unreadable`.
 */
export async function refuseEndlessIgnores(folders: readonly string[]): Promise<void> {
  const paths = folders.flatMap((folder) => [...IGNORE_FILES].map((name) => join(folder, name)))
  const rules = new Rules()
  for (const path of paths) await rules.add(path)
  if (rules.refusal !== undefined) throw unusableIgnore(rules.refusal)
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
  let reason: string | undefined
  let timesHeard = 0
  let hasLooked = false
  let looking: AbortController | undefined
  const look = async (): Promise<void> => {
    const mine = new AbortController()
    looking = mine
    reason ??= await findUnusableIgnore(root, mine.signal)
    if (reason !== undefined) return stop()
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
    if (reason !== undefined) throw unusableIgnore(reason)
    signal.throwIfAborted()
    return end
  } finally {
    clearTimeout(timer)
    looking?.abort()
    stop()
    signal.removeEventListener('abort', stop)
  }
}

/** What is wrong with the first such file below a folder; undefined if there is none or `signal` aborts. */
async function findUnusableIgnore(root: string, signal: AbortSignal): Promise<string | undefined> {
  const open = [{ folder: root, above: 0 }]
  for (let next = open.pop(); next !== undefined && !signal.aborted; next = open.pop()) {
    const { folder, above } = next
    const entries = await entriesOf(folder)
    const rules = new Rules(above)
    for (const { name } of entries) if (IGNORE_FILES.has(name)) await rules.add(join(folder, name))
    if (rules.refusal !== undefined) return rules.refusal
    for (const entry of entries) {
      if (entry.isDirectory() && entry.name !== '.git')
        open.push({ folder: join(folder, entry.name), above: rules.bytes })
    }
  }
  return undefined
}

function unusableIgnore(reason: string): FuseSearchError {
  return new FuseSearchError(`${reason}. Remove it, or search a folder without it.`, { code: 'repository-unreadable' })
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch {
    // Not readable, so ripgrep doesn't read there either.
    return []
  }
}

/** The ignore files of a folder and of those above it, as far as they were added. */
class Rules {
  /** What is wrong with the first file that can't be used. */
  refusal: string | undefined
  bytes: number

  constructor(bytes = 0) {
    this.bytes = bytes
  }

  /** Adds a file if it is there. Links are followed, as ripgrep does. An empty device is a known way to mask a file. */
  async add(path: string): Promise<void> {
    const found = await stat(path).catch(() => undefined)
    if (found === undefined) return
    const isNull = async (): Promise<boolean> => found.rdev === (await stat('/dev/null')).rdev
    if (found.isFIFO() || found.isBlockDevice() || (found.isCharacterDevice() && !(await isNull())))
      this.refusal ??= `${path} is a pipe or a device, so its rules can't be read to an end`
    if (!found.isFile()) return
    this.bytes += found.size
    if (this.bytes > MAX_RULES_BYTES)
      this.refusal ??= `The ignore files up to ${path} have ${this.bytes} bytes, more than the ${MAX_RULES_BYTES} bytes of rules that a search follows`
  }
}
