import { type BigIntStats, constants } from 'node:fs'
import { lstat, open, readlink, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import { isInside } from '../programs/index.ts'

/** The folders of a repository. All paths are real paths. */
export interface Discovered {
  readonly gitDir: string
  /** The folder with `.git`; the git directory itself if there is no work tree. */
  readonly top: string
  /**
   * Folders outside of `top` from which git reads: a git directory elsewhere, the one it is linked to, object stores.
   */
  readonly elsewhere: readonly string[]
  /** Known work trees of the repository; no program in them is run. */
  readonly trees: readonly string[]
}

/** A file that points to a git directory holds one path. */
const MAX_POINTER_BYTES = 64 * 1024
/** Git follows alternates of alternates to this depth. */
const MAX_ALTERNATE_DEPTH = 5
const MAX_ALTERNATES = 100
/** Files that git reads with every command. */
const READ_FIRST = [
  'HEAD',
  'config',
  'config.worktree',
  'packed-refs',
  'shallow',
  'commondir',
  'objects/info/alternates',
]

/**
 * Finds the repository of a folder like git, but follows no link named `.git` and waits for no pipe.
 * Undefined if there is none. With `anywhereInside`, folders above it on the same disk count too.
 * @throws FuseSearchError `repository-missing` for a folder that doesn't exist, or a `.git` that leads nowhere;
 * `repository-unreadable` for a `.git` that is a link, and if a file that git would read isn't a regular file.
 */
export async function discover(path: string, anywhereInside: boolean): Promise<Discovered | undefined> {
  const start = await realpath(path).catch(() => undefined)
  const found = start === undefined ? undefined : await statusOf(start, stat)
  if (start === undefined || found === undefined) throw missing(`There is no folder ${path}`)
  for (let folder = start; ; folder = dirname(folder)) {
    const gitDir = await gitDirOf(folder)
    if (gitDir !== undefined) return describe(gitDir, gitDir === folder ? gitDir : folder)
    const isLast = !anywhereInside || folder === dirname(folder)
    // Git stops at the edge of a disk, too.
    if (isLast || (await statusOf(dirname(folder), stat))?.dev !== found.dev) return undefined
  }
}

/** The git directory of this folder itself. */
async function gitDirOf(folder: string): Promise<string | undefined> {
  const entry = join(folder, '.git')
  const found = await statusOf(entry, lstat)
  if (found?.isSymbolicLink()) throw linked(entry, await readlink(entry))
  if (found?.isDirectory() && (await isGitDirectory(entry))) return entry
  if (found?.isFile()) return pointedTo(entry)
  if (found !== undefined && !found.isDirectory()) throw noFile(entry)
  return (await isGitDirectory(folder)) ? folder : undefined
}

/** The git directory that a file named `.git` leads to, as in linked work trees and submodules. */
async function pointedTo(file: string): Promise<string> {
  const [, target] = /^gitdir: (.+?)[\r\n]*$/s.exec(await readSmall(file)) ?? []
  if (target === undefined) throw missing(`${file} is a file that doesn't name a git directory`)
  const gitDir = await realpath(resolve(dirname(file), target)).catch(() => undefined)
  if (gitDir !== undefined && (await isGitDirectory(gitDir))) return gitDir
  throw missing(`${file} leads to ${shorten(target)}, which isn't a git directory`)
}

async function isGitDirectory(folder: string): Promise<boolean> {
  if ((await statusOf(join(folder, 'HEAD'), lstat)) === undefined) return false
  const common = await commonDirOf(folder)
  const parts = await Promise.all(['objects', 'refs'].map((name) => statusOf(join(common, name), stat)))
  return parts.every((part) => part?.isDirectory() === true)
}

/** The folder with what a linked work tree shares with the others; for all others, the git directory itself. */
export async function commonDirOf(gitDir: string): Promise<string> {
  const file = join(gitDir, 'commondir')
  if ((await statusOf(file, lstat)) === undefined) return gitDir
  return resolve(gitDir, (await readSmall(file)).replace(/[\r\n]+$/, ''))
}

/**
 * The text of a file that git reads, such as HEAD or that of a branch; undefined if it isn't there.
 * @throws FuseSearchError `repository-unreadable` for a pipe or a device.
 */
export async function readGitFile(path: string): Promise<string | undefined> {
  return (await statusOf(path, stat)) === undefined ? undefined : readSmall(path)
}

async function describe(gitDir: string, top: string): Promise<Discovered> {
  const common = await realpath(await commonDirOf(gitDir))
  for (const folder of new Set([gitDir, common])) {
    for (const name of READ_FIRST) await refuseSpecial(join(folder, name))
  }
  const stores = await objectStores(join(common, 'objects'))
  const refs = await realpath(join(common, 'refs')).catch(() => common)
  const outside = [...new Set([common, gitDir, refs, ...stores])].filter((folder) => !isInside(top, folder))
  // Of nested folders only the outer one is needed.
  const elsewhere = outside.filter((folder) => !outside.some((other) => other !== folder && isInside(other, folder)))
  const mainTree = basename(common) === '.git' ? [dirname(common)] : []
  return { gitDir, top, elsewhere, trees: [...new Set([top, ...mainTree])] }
}

/** The folder with the objects, and the folders whose objects it borrows. */
async function objectStores(objects: string): Promise<string[]> {
  const stores: string[] = []
  let next = [objects]
  for (let depth = 0; depth <= MAX_ALTERNATE_DEPTH && next.length > 0; depth += 1) {
    const known = await Promise.all(next.map((folder) => realpath(folder).catch(() => undefined)))
    const fresh = [...new Set(known)].filter((folder) => folder !== undefined && !stores.includes(folder)) as string[]
    stores.push(...fresh)
    if (stores.length > MAX_ALTERNATES) break
    next = (await Promise.all(fresh.map(alternatesOf))).flat()
  }
  return stores
}

async function alternatesOf(objects: string): Promise<string[]> {
  const file = join(objects, 'info', 'alternates')
  if ((await statusOf(file, lstat)) === undefined) return []
  const lines = (await readSmall(file)).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return lines.slice(0, MAX_ALTERNATES).map((line) => resolve(objects, line.replace(/^"(.*)"$/, '$1')))
}

/** The beginning of a regular file; follows links, like git. Never waits for the writer of a pipe. */
async function readSmall(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw unreadable(`${path} can't be read`, cause)
  })
  try {
    if (!(await handle.stat()).isFile()) throw noFile(path)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(MAX_POINTER_BYTES), 0, MAX_POINTER_BYTES, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

async function refuseSpecial(path: string): Promise<void> {
  const found = await statusOf(path, stat)
  if (found !== undefined && !found.isFile()) throw noFile(path)
}

type Look = (path: string, options: { readonly bigint: true }) => Promise<BigIntStats>

async function statusOf(path: string, look: Look): Promise<BigIntStats | undefined> {
  try {
    return await look(path, { bigint: true })
  } catch {
    // Missing or unreadable: if git needs it, git reports the error.
    return undefined
  }
}

const MAX_SHOWN = 300

function shorten(path: string): string {
  return path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path
}

function missing(fact: string): FuseSearchError {
  const next = 'Check the path, or the template that it was made from'
  return new FuseSearchError(`${fact}. ${next}.`, { code: 'repository-missing' })
}

function linked(path: string, target: string): FuseSearchError {
  const next = 'Search the repository that it leads to, or put a file with the line "gitdir: PATH" in its place'
  return unreadable(`${path} is a link to ${shorten(target)}, which is never followed. ${next}`)
}

function noFile(path: string): FuseSearchError {
  return unreadable(`${path} isn't a regular file, so git might wait for it forever. Remove it`)
}

function unreadable(fact: string, cause?: unknown): FuseSearchError {
  return new FuseSearchError(`${fact}.`, { code: 'repository-unreadable', cause })
}
