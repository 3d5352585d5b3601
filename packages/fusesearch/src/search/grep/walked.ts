import { lstatSync, type Stats } from 'node:fs'
import { join, sep } from 'node:path'
import { keyOfPath } from '../names.ts'
import type { CallFailure } from '../scope.ts'
import type { FileHits } from './hits.ts'

/** The outcome of a grep. `isShared`: its walk served other greps too. */
export interface GrepOutcome {
  readonly result: FoundFiles | CallFailure
  readonly isShared: boolean
  readonly doneMs: number
}

/** The files with a match, by path. */
export interface FoundFiles {
  readonly ok: true
  readonly files: readonly FileHits[]
  /** Files that were left out because folders or files on their path moved while they were searched. */
  readonly moved: number
  /** How the search went, where that matters to who reads it. */
  readonly note?: string
}

/**
 * A change may bear a stamp so much earlier than the moment it was made at: the clock that the kernel takes stamps from
 * ticks every 1 to 10 ms, and some file systems note whole seconds.
 */
const STAMP_MS = 20
const WHOLE_SECONDS_MS = 2_000

/**
 * Tells whether paths that a walk reported led to the same files from its beginning on. ripgrep follows no link that it
 * meets, but a folder may be exchanged for a link between its look at a folder and its reading there, and be back when
 * the walk is over. Such an exchange leaves its time on the folder that holds the entry and on what is put there: the
 * change time, which no program can set. A path is sure where no folder on its way, nor its file, has both. ripgrep does
 * follow a link that it is given by name, so such a file must also be a regular one.
 */
export class WalkWatch {
  /** How long to wait until what was found to be unsure can be told from a change of the next walk, in ms. */
  settleMs = 0
  /** The root's path with a separator behind it. */
  readonly #root: string
  readonly #startMs: number
  readonly #named: ReadonlySet<string>
  readonly #folders = new Map<string, Folder>()
  /** The folder of the last path, since paths come folder by folder. */
  #last: { readonly prefix: string; readonly folder: Folder } | undefined

  /**
   * To be asked after the walk, once. `startMs`: the wall clock, by which files are stamped, before the walk. `named`:
   * paths of files that ripgrep was given by name.
   */
  constructor(root: string, startMs: number, named: readonly string[] = []) {
    this.#root = join(root, sep)
    this.#startMs = startMs
    this.#named = new Set(named.map(keyOfPath))
  }

  /** `key`: the path below the root, one character a byte. */
  isSure(key: string): boolean {
    const folder = this.#folderOf(key)
    if (!folder.isSure) return false
    if (!folder.isChanged && !this.#named.has(key)) return true
    const stat = this.#look(key)
    return stat?.isFile() === true && !(folder.isChanged && this.#isNew(stat))
  }

  #folderOf(key: string): Folder {
    const slash = key.lastIndexOf('/')
    const last = this.#last
    if (last !== undefined && last.prefix.length === slash + 1 && key.startsWith(last.prefix)) return last.folder
    const folder = this.#folder(key.slice(0, Math.max(slash, 0)))
    this.#last = { prefix: key.slice(0, slash + 1), folder }
    return folder
  }

  #folder(key: string): Folder {
    const known = this.#folders.get(key)
    if (known !== undefined) return known
    const around = key === '' ? undefined : this.#folder(key.slice(0, Math.max(key.lastIndexOf('/'), 0)))
    const folder = this.#judge(key, around)
    this.#folders.set(key, folder)
    return folder
  }

  #judge(key: string, around: Folder | undefined): Folder {
    if (around?.isSure === false) return UNSURE
    const stat = this.#look(key)
    if (stat?.isDirectory() !== true) return UNSURE
    const isChanged = this.#isNew(stat)
    return { isSure: !(around?.isChanged === true && isChanged), isChanged }
  }

  #look(key: string): Stats | undefined {
    try {
      return lstatSync(this.#place(key), UNLESS_MISSING)
    } catch {
      // What can't be looked at isn't sure.
      return undefined
    }
  }

  /** A text where that does, which the system's calls take in half of the time that bytes take. */
  #place(key: string): Buffer | string {
    if (!BEYOND_ASCII.test(key)) return this.#root + key
    return Buffer.concat([Buffer.from(this.#root), Buffer.from(key, 'latin1')])
  }

  #isNew({ ctimeMs }: Stats): boolean {
    const grain = ctimeMs % 1_000 === 0 ? WHOLE_SECONDS_MS : STAMP_MS
    const isNew = ctimeMs >= this.#startMs - grain
    if (isNew) this.settleMs = Math.max(this.settleMs, grain)
    return isNew
  }
}

interface Folder {
  readonly isSure: boolean
  /** Changed during the walk: entries were added or removed, or it was moved itself. */
  readonly isChanged: boolean
}

const UNLESS_MISSING = { throwIfNoEntry: false } as const
const BEYOND_ASCII = /[^\0-\x7f]/

const UNSURE: Folder = { isSure: false, isChanged: true }

/** Outcomes without what moved, and how long to wait before it is searched again. */
export interface Sorted {
  readonly outcomes: readonly GrepOutcome[]
  readonly settleMs: number
}

/** Removes the files that may lie outside the root. */
export function withoutMoved(found: readonly GrepOutcome[], watch: WalkWatch): Sorted {
  const outcomes = found.map((outcome): GrepOutcome => {
    const { result } = outcome
    if (!result.ok) return outcome
    const files = result.files.filter(({ key }) => watch.isSure(key))
    return { ...outcome, result: { ok: true, files, moved: result.files.length - files.length } }
  })
  return { outcomes, settleMs: watch.settleMs }
}

/** How many files were removed. */
export function movedFiles(outcome: GrepOutcome | undefined): number {
  return outcome?.result.ok === true ? outcome.result.moved : 0
}

/** Resolves after so many milliseconds, or when the signal aborts. */
export function passed(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
