import { lstatSync } from 'node:fs'
import { access, constants, realpath, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { FuseSearchError, hasGitComponent, refuseGitPath, untilAborted } from '../core/index.ts'
import { type GitPlace, gitPlaceOf } from '../programs/index.ts'
import type { Gatherer } from './grep/gather.ts'
import type { WalkedTree } from './grep/walk.ts'
import { passed, WalkWatch } from './grep/walked.ts'
import { refuseEndlessIgnores, unlessEndless } from './ignore-files.ts'
import { keyOfPath, shownPath } from './names.ts'
import type { RemoteFiles } from './remote.ts'
import { listArgv, type WalkRules } from './rg/argv.ts'
import { locateRg, packagedRg } from './rg/locate.ts'
import { readPaths } from './rg/pieces.ts'
import type { Launcher } from './rg/rg-run.ts'
import { runRg } from './rg/run.ts'

/** `respect`: .gitignore, .ignore and .rgignore count. `none`: every file, as for a snapshot. */
export type IgnoreRules = WalkRules['ignoreRules']

/** What to open. */
export interface TreeOptions {
  readonly root: string
  readonly ignoreRules: IgnoreRules
  /** The ripgrep to run; found when left out. */
  readonly rg?: string
  /** The PATH on which ripgrep is looked for, outside the tree, if its package has none; the process's when left out. */
  readonly searchPath?: string
  /** Starts ripgrep faster; the caller closes it. */
  readonly launcher?: Launcher | undefined
}

/** Which files are large. */
export interface SizeQuestion {
  readonly maxFileBytes: number
  /** Path patterns with `!` of files that don't matter: they needn't be checked, but may be in the result. */
  readonly unwanted: readonly string[]
}

/** Files that can be searched, those of a folder unless `remote` is set; never written to. */
export interface Tree extends WalkedTree {
  /** Lets the greps of several runs share walks; the greps of a turn share them without it. */
  readonly gatherer?: Gatherer | undefined
  /** Answers in place of the folder, for a tree whose files lie elsewhere. */
  readonly remote?: RemoteFiles | undefined
  /**
   * Paths of all files by bytes, with `/`, ignored ones and links left out; walked once, when first asked for.
   * Rejects with the signal's reason on abort, and with FuseSearchError when ripgrep or the tree fails.
   */
  listFiles(signal?: AbortSignal): Promise<readonly string[]>
  /**
   * Lets `choose` pick from `listFiles`. This costs less, because only picked paths are checked. If a picked path may
   * lie outside the root, because a folder moved after the walk, `choose` is asked once more, about another walk.
   */
  chooseFiles<Refusal>(choose: ChooseFiles<Refusal>, signal?: AbortSignal): Promise<readonly string[] | Refusal>
  /** Files of `listFiles` that are larger than a size, in the same order. */
  listFilesAbove(which: SizeQuestion, signal?: AbortSignal): Promise<readonly string[]>
  /** Notices of what the listings so far could not reach: folders without permission, paths too long for the system. */
  notices(): readonly string[]
  /** Whether the last listing has more than `most` files. */
  hasMoreThan(most: number): boolean
  /** The path for the file system; differs from `join(root, path)` for names that are shown with escapes. */
  absolutePath(path: string): string | Buffer
}

/** Picks some of the paths, in their order, or refuses to. */
export type ChooseFiles<Refusal> = (paths: readonly string[]) => Promise<readonly string[] | Refusal>

/**
 * Opens a folder for searching.
 * Throws FuseSearchError: `repository-missing` (nothing there), `repository-unreadable` (a file, no permission, or an
 * ignore file that is none), `bad-argument` (git's own folder, or a bare repository), `rg-missing`.
 */
export async function openTree(options: TreeOptions): Promise<Tree> {
  const { ignoreRules, launcher } = options
  refuseGitPath(resolve(options.root))
  const root = await readableFolder(options.root)
  refuseGitPath(root)
  const place = gitPlaceOf(root)
  refuseGitDirectory(root, place)
  const searchPath = options.searchPath ?? process.env['PATH'] ?? ''
  const found = options.rg ?? (await locateRg({ packaged: packagedRg, searchPath, trees: [root] }))
  const parentIgnores = ignoreRules === 'respect' && place.kind === 'work-tree' && place.top !== root
  if (ignoreRules === 'respect') await refuseEndlessIgnores(parentIgnores ? foldersUpFrom(root) : [root])
  return createTree({
    root,
    rg: resolve(found),
    walkRules: { ignoreRules, parentIgnores, tracked: [], absent: [], isUnsure: false, known: Promise.resolve() },
    launcher,
  })
}

type TreeParts = Pick<Tree, 'launcher' | 'rg' | 'root' | 'walkRules'>

function createTree({ root, rg, walkRules, launcher }: TreeParts): Tree {
  // Names whose shown form differs from the one in the file system.
  const unusual = new Map<string, Buffer>()
  let last: Listing | undefined
  const list = async (signal: AbortSignal, maxFileBytes: number): Promise<Listing> => {
    const found = await walkWatched({ tree: { root, rg, launcher, walkRules }, maxFileBytes, signal })
    const paths = found.keys.map((key) => {
      const path = shownPath(key)
      if (path !== key) noteUnusual(unusual, path, Buffer.from(key, 'latin1'))
      return path
    })
    last = { ...found, paths }
    return last
  }
  const keyOf = (path: string): string => unusual.get(path)?.toString('latin1') ?? keyOfPath(path)
  const pick = createPick((signal) => list(signal, LARGE_FILE_BYTES))
  const listOnce = cached((signal) => pick({ choose: ({ paths }) => Promise.resolve(paths), keyOf }, signal))
  return {
    root,
    walkRules,
    rg,
    launcher,
    listFiles: listOnce,
    chooseFiles: (choose, signal) => pick({ choose: ({ paths }) => choose(paths), keyOf }, signal),
    listFilesAbove({ maxFileBytes }, signal) {
      const choose = ({ large }: Found): Promise<string[]> => Promise.resolve(pathsAbove(large, maxFileBytes))
      const isListed = maxFileBytes >= LARGE_FILE_BYTES
      const pickLarge = isListed ? pick : createPick((listSignal) => list(listSignal, maxFileBytes))
      // These aren't in the form in which paths are shown.
      return pickLarge({ choose, keyOf: keyOfPath }, signal)
    },
    notices: () => [...unreachedNotices(last?.unreached), ...absentNotices(walkRules)],
    hasMoreThan(most) {
      const { paths = [], watch } = last ?? {}
      if (paths.length <= most) return false
      let sure = 0
      return paths.some((path) => watch?.isSure(keyOf(path)) === true && ++sure > most)
    },
    absolutePath(path) {
      const bytes = unusual.get(path)
      return bytes === undefined ? join(root, path) : Buffer.concat([Buffer.from(join(root, '/')), bytes])
    },
  }
}

function pathsAbove(large: readonly LargeFile[], bytes: number): string[] {
  return large.filter((file) => file.bytes > bytes).map(({ path }) => path)
}

/** Larger files are listed with their size; limits on files are usually not lower. */
const LARGE_FILE_BYTES = 1_000_000

interface LargeFile {
  readonly path: string
  readonly bytes: number
}

interface Found {
  /** All files, the large ones included. */
  readonly paths: readonly string[]
  readonly large: readonly LargeFile[]
}

type Listing = Found & Watched

/** What to pick from a listing, and the key of what was picked: its path with one character per byte. */
interface Picking<Refusal> {
  readonly choose: (listing: Found) => Promise<readonly string[] | Refusal>
  readonly keyOf: (path: string) => string
}

type PickFiles = <Refusal>(picking: Picking<Refusal>, signal?: AbortSignal) => Promise<readonly string[] | Refusal>

/**
 * Picks from a listing, which is made when first asked for. If a picked path may lead out of the root, because a folder
 * was exchanged for a link meanwhile, the tree is listed again, and paths that are still unsure are left out.
 */
function createPick(list: (signal: AbortSignal) => Promise<Listing>): PickFiles {
  let current = cached(list)
  return async function pick<Refusal>({ choose, keyOf }: Picking<Refusal>, signal?: AbortSignal) {
    const first = current
    const listing = await first(signal)
    const picked = await choose(listing)
    if (!isList(picked) || picked.every((path) => listing.watch.isSure(keyOf(path)))) return picked
    if (current === first) {
      current = cached(async (own) => {
        await passed(listing.watch.settleMs, own)
        return list(own)
      })
    }
    const second = await current(signal)
    const again = await choose(second)
    return isList(again) ? again.filter((path) => second.watch.isSure(keyOf(path))) : again
  }
}

function isList(picked: unknown): picked is readonly string[] {
  return Array.isArray(picked)
}

function noteUnusual(unusual: Map<string, Buffer>, path: string, bytes: Buffer): void {
  if (bytes.toString('utf8') !== path) unusual.set(path, bytes)
}

// ripgrep says so of every file that --max-filesize leaves out, in all versions since it has that option.
const LEFT_OUT = /: ignoring \.\/(.+): (\d+) bytes$/s

interface Walked {
  /** One character per byte, in the order of the bytes. */
  readonly keys: string[]
  readonly large: LargeFile[]
  readonly unreached: Unreached
}

/** Paths that could not be read: how many, and ripgrep's message about the first. */
interface Unreached {
  readonly count: number
  readonly examples: readonly string[]
}

/** What a walk found, and what tells whether that lies in the root. */
interface Watched extends Walked {
  readonly watch: WalkWatch
}

async function walkWatched(asked: ListingWalk): Promise<Watched> {
  const { root, walkRules } = asked.tree
  // Files are stamped by the wall clock.
  const startMs = Date.now()
  const walked = await walk(asked)
  return { ...walked, watch: new WalkWatch(root, startMs, walkRules.tracked) }
}

interface ListingWalk {
  readonly tree: WalkedTree
  /** Larger files are listed with their size. */
  readonly maxFileBytes: number
  readonly signal: AbortSignal
}

/** Runs a listing. */
async function walk({ tree, maxFileBytes, signal }: ListingWalk): Promise<Walked> {
  const { root, rg, launcher, walkRules } = tree
  const chunks: Buffer[] = []
  const large: LargeFile[] = []
  let [count, gone] = [0, 0]
  const examples: string[] = []
  const onDebug = (message: string): void => {
    const [, path, bytes] = LEFT_OUT.exec(message) ?? []
    // A name with line ends could look like such a message and name a path that no walk reaches.
    const isOurs = path !== undefined && !path.split('/').includes('..') && !hasGitComponent(path)
    if (isOurs) large.push({ path, bytes: Number(bytes) })
  }
  const onUnreached = (message: string): void => {
    if (GONE.test(message)) {
      gone += 1
      return
    }
    count += 1
    if (count <= MAX_EXAMPLES) examples.push(message)
  }
  const end = await unlessEndless(root, signal, (watch) => {
    const onOutput = (chunk: Buffer): boolean => {
      watch.heard()
      return chunks.push(chunk) > 0
    }
    const argv = listArgv(walkRules, maxFileBytes)
    return runRg({ rg, argv, cwd: root, launcher, signal: watch.signal, onOutput, onDebug, onUnreached })
  })
  // If it complained about single paths, the rest of its message is the end of a name with line breaks.
  if (end.exitCode === 2 && end.message !== '' && count + gone === 0) {
    throw new FuseSearchError(`ripgrep could not list ${root}: ${end.message}`, { code: 'rg-failed' })
  }
  await walkRules.known
  const tracked = walkRules.tracked.map((path) => ({ path, bytes: fileBytes(join(root, path)) }))
  large.push(...tracked.filter(({ bytes }) => bytes > maxFileBytes))
  const small = tracked.filter(({ bytes }) => bytes >= 0 && bytes <= maxFileBytes)
  large.sort((a, b) => (a.path < b.path ? -1 : 1))
  const others = [...large, ...small].map(({ path }) => Buffer.from(path).toString('latin1'))
  return { keys: [...readPaths(Buffer.concat(chunks)), ...others].sort(), large, unreached: { count, examples } }
}

/** The size of a regular file; -1 if there is none. */
function fileBytes(path: string): number {
  try {
    const found = lstatSync(path)
    return found.isFile() ? found.size : -1
  } catch {
    // Gone, or out of reach, since it was found to be one.
    return -1
  }
}

/** A folder that was removed while the tree was listed needs no notice. */
const GONE = /\(os error 2\)$/
// What ripgrep calls the operation stands between path and reason, for some of them.
const UNREACHED = /^rg: \.\/(.*?)(?:: IO error for operation on .*)?: ([^:]*) \(os error \d+\)$/
const MAX_EXAMPLES = 3
const MAX_SHOWN_PATH = 120

/** Paths named in a notice. */
const MAX_NAMED = 3

const UNSURE =
  "Git didn't list its files in time, so tracked files that an ignore file matches weren't searched. Search again, or a commit: --rev HEAD."

function absentNotices({ absent, isUnsure }: WalkRules): string[] {
  if (absent.length === 0) return isUnsure ? [UNSURE] : []
  const named = absent.slice(0, MAX_NAMED).join(', ')
  const rest = absent.length > MAX_NAMED ? ` and ${absent.length - MAX_NAMED} more` : ''
  return [
    `Not searched, since the sparse checkout leaves them out: ${named}${rest}. Search the whole commit with --rev HEAD.`,
  ]
}

function unreachedNotices({ count, examples }: Unreached = { count: 0, examples: [] }): string[] {
  if (count === 0) return []
  const named = examples.map((message) => {
    const [, path = '', why = 'a name of several lines'] = UNREACHED.exec(message) ?? [message, message.slice(6)]
    return `${path.length > MAX_SHOWN_PATH ? `${path.slice(0, MAX_SHOWN_PATH)}…` : path} (${why.toLowerCase()})`
  })
  const more = count > MAX_EXAMPLES ? ` and ${count - MAX_EXAMPLES} more` : ''
  const paths = count === 1 ? '1 path' : `${count} paths`
  return [`Not searched: ${paths} that can't be read, with all below: ${named.join(', ')}${more}.`]
}

/**
 * Does the work once and remembers the result. The signal of the first who asks ends it, and the others wait until their
 * own abort. Work that was aborted is done again for those who still wait; a failure goes to all of them.
 */
function cached<Result>(work: (signal: AbortSignal) => Promise<Result>): (signal?: AbortSignal) => Promise<Result> {
  let running: Promise<Result> | undefined
  let owner: AbortSignal | undefined
  return async function get(signal = new AbortController().signal): Promise<Result> {
    signal.throwIfAborted()
    if (running === undefined) {
      owner = signal
      running = work(signal)
    }
    const [mine, by] = [running, owner]
    try {
      return await (signal === by ? mine : untilAborted(mine, signal))
    } catch (error) {
      const isOver = signal === by || !signal.aborted
      if (running === mine && isOver) running = undefined
      if (by !== signal && by?.aborted === true && !signal.aborted) return get(signal)
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

/** A bare repository has its files in commits; a search would read git's own files, which hold credentials. */
function refuseGitDirectory(root: string, place: GitPlace): void {
  if (place.kind !== 'git-directory') return
  const what = place.folder === root ? 'is a bare repository' : `lies in the bare repository ${place.folder}`
  const message = `${root} ${what}: its files lie in commits. Search those of one, for example --rev HEAD.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

function foldersUpFrom(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...foldersUpFrom(above)]
}
