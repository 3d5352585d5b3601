import { access, constants, lstat, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import type { Gatherer } from './grep/gather.ts'
import { shownPath } from './names.ts'
import { listArgv, type WalkRules } from './rg/argv.ts'
import { locateRg, packagedRg } from './rg/locate.ts'
import { readPaths } from './rg/pieces.ts'
import type { Launcher } from './rg/rg-run.ts'
import { runRg } from './rg/run.ts'

/** `respect`: .gitignore, .ignore and .rgignore count. `none`: every file that is not hidden, as for a snapshot. */
export type IgnoreRules = WalkRules['ignoreRules']

/** What to open. */
export interface TreeOptions {
  readonly root: string
  readonly ignoreRules: IgnoreRules
  /** The ripgrep to run; located when left out. */
  readonly rg?: string
  /** PATH to look for ripgrep on when its package has none; that of the process when left out. */
  readonly searchPath?: string
  /** Starts ripgrep at less cost; the caller closes it. */
  readonly launcher?: Launcher | undefined
}

/** Which files are large. */
export interface SizeQuestion {
  readonly maxFileBytes: number
  /** Path patterns with `!` of files that nobody asks about: they need not be looked at, and may be named all the same. */
  readonly unwanted: readonly string[]
}

/** A folder of files that can be searched; never written to. */
export interface Tree {
  /** Real path of the folder. */
  readonly root: string
  readonly walkRules: WalkRules
  /** Path of the ripgrep binary. */
  readonly rg: string
  readonly launcher?: Launcher | undefined
  /** Lets the greps of several runs share walks; those of a turn do so without it. */
  readonly gatherer?: Gatherer | undefined
  /**
   * Paths of all files by bytes, with `/`, hidden and ignored ones and links left out; walked once, when first asked for.
   * Rejects with the signal's reason on abort, and with FuseSearchError when ripgrep or the tree fails.
   */
  listFiles(signal?: AbortSignal): Promise<readonly string[]>
  /** Files of `listFiles` that are larger than a size, in the same order. */
  listFilesAbove(which: SizeQuestion, signal?: AbortSignal): Promise<readonly string[]>
  /** The path as the file system knows it; differs from `join(root, path)` for listed names that are not shown as they are. */
  absolutePath(path: string): string | Buffer
}

/**
 * Opens a folder for searching.
 * Throws FuseSearchError: `repository-missing` (nothing there), `repository-unreadable` (a file, or no permission), `rg-missing`.
 */
export async function openTree(options: TreeOptions): Promise<Tree> {
  const root = await readableFolder(options.root)
  const searchPath = options.searchPath ?? process.env['PATH'] ?? ''
  const rg = options.rg ?? (await locateRg({ packaged: packagedRg, searchPath }))
  const parentIgnores = options.ignoreRules === 'respect' && (await isInsideWorkTree(root))
  const walkRules = { ignoreRules: options.ignoreRules, parentIgnores }
  return createTree({ root, rg, walkRules, launcher: options.launcher })
}

type TreeParts = Pick<Tree, 'launcher' | 'rg' | 'root' | 'walkRules'>

function createTree({ root, rg, walkRules, launcher }: TreeParts): Tree {
  // Listed names whose shown form is not what the file system has.
  const unusual = new Map<string, Buffer>()
  const list = async (signal: AbortSignal, maxFileBytes: number): Promise<Listing> => {
    const found = await walk({ root, rg, launcher, argv: listArgv(walkRules, maxFileBytes), signal })
    const paths = found.keys.map((key) => {
      const path = shownPath(key)
      const bytes = Buffer.from(key, 'latin1')
      if (path.length !== key.length || path !== key) noteUnusual(unusual, path, bytes)
      return path
    })
    return { paths, large: found.large }
  }
  const listOnce = cached((signal) => list(signal, LARGE_FILE_BYTES))
  return {
    root,
    walkRules,
    rg,
    launcher,
    async listFiles(signal) {
      return (await listOnce(signal)).paths
    },
    async listFilesAbove({ maxFileBytes }, signal) {
      if (maxFileBytes >= LARGE_FILE_BYTES) return pathsAbove(await listOnce(signal), maxFileBytes)
      return pathsAbove(await list(signal ?? new AbortController().signal, maxFileBytes), maxFileBytes)
    },
    absolutePath(path) {
      const bytes = unusual.get(path)
      return bytes === undefined ? join(root, path) : Buffer.concat([Buffer.from(join(root, '/')), bytes])
    },
  }
}

function pathsAbove({ large }: Listing, bytes: number): string[] {
  return large.filter((file) => file.bytes > bytes).map(({ path }) => path)
}

/** Files above this are listed with their size; no limit on files is usually lower. */
const LARGE_FILE_BYTES = 1_000_000

interface LargeFile {
  readonly path: string
  readonly bytes: number
}

interface Listing {
  /** All files, the large ones included. */
  readonly paths: readonly string[]
  readonly large: readonly LargeFile[]
}

function noteUnusual(unusual: Map<string, Buffer>, path: string, bytes: Buffer): void {
  if (bytes.toString('utf8') !== path) unusual.set(path, bytes)
}

interface Walk {
  readonly root: string
  readonly rg: string
  readonly launcher: Launcher | undefined
  readonly argv: readonly string[]
  readonly signal: AbortSignal
}

// ripgrep says so of every file that --max-filesize leaves out, in all versions since it has that option.
const LEFT_OUT = /: ignoring \.\/(.+): (\d+) bytes$/s

/** Runs a listing; keys are sorted, which for one character a byte is the order of the bytes. */
async function walk({ root, rg, launcher, argv, signal }: Walk): Promise<{ keys: string[]; large: LargeFile[] }> {
  const chunks: Buffer[] = []
  const large: LargeFile[] = []
  const onDebug = (message: string): void => {
    const [, path, bytes] = LEFT_OUT.exec(message) ?? []
    if (path !== undefined) large.push({ path, bytes: Number(bytes) })
  }
  const onOutput = (chunk: Buffer): boolean => chunks.push(chunk) > 0
  const end = await runRg({ rg, argv, cwd: root, launcher, signal, onOutput, onDebug })
  signal.throwIfAborted()
  if (end.exitCode === 2 && end.message !== '') {
    throw new FuseSearchError(`ripgrep could not list ${root}: ${end.message}`, { code: 'rg-failed' })
  }
  const largeKeys = large.map(({ path }) => Buffer.from(path).toString('latin1'))
  large.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { keys: [...readPaths(Buffer.concat(chunks)), ...largeKeys].sort(), large }
}

/** Does the work once. One that was aborted or failed is not remembered; whoever waited for it beside another starts anew. */
function cached<Result>(work: (signal: AbortSignal) => Promise<Result>): (signal?: AbortSignal) => Promise<Result> {
  let running: Promise<Result> | undefined
  let owner: AbortSignal | undefined
  return async function get(signal = new AbortController().signal): Promise<Result> {
    signal.throwIfAborted()
    if (running === undefined) {
      owner = signal
      running = work(signal)
    }
    const mine = running
    try {
      return await mine
    } catch (error) {
      if (running === mine) running = undefined
      if (owner !== signal && !signal.aborted) return get(signal)
      throw error
    }
  }
}

async function readableFolder(path: string): Promise<string> {
  const unreadable = (fact: string, cause?: unknown): FuseSearchError =>
    new FuseSearchError(`The repository ${path} ${fact}`, { code: 'repository-unreadable', cause })
  try {
    const root = await realpath(path)
    if (!(await stat(root)).isDirectory()) throw unreadable('is a file. Give the folder that holds it.')
    await access(root, constants.R_OK | constants.X_OK)
    return root
  } catch (error) {
    if (error instanceof FuseSearchError) throw error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      const message = `The repository ${path} does not exist. Check the path.`
      throw new FuseSearchError(message, { code: 'repository-missing', cause: error })
    }
    if (code === 'ELOOP') throw unreadable('is a link that leads back to itself. Give a folder.', error)
    throw unreadable('cannot be read. Check its permissions.', error)
  }
}

/** True strictly inside: the root itself is where its own ignore files begin. */
async function isInsideWorkTree(root: string): Promise<boolean> {
  if (await exists(join(root, '.git'))) return false
  for (let folder = dirname(root); ; folder = dirname(folder)) {
    if (await exists(join(folder, '.git'))) return true
    if (folder === dirname(folder)) return false
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    // Whatever cannot be seen does not count.
    return false
  }
}
