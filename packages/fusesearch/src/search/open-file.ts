import { constants, type Stats } from 'node:fs'
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises'
import { sep } from 'node:path'
import { hasGitComponent } from '../core/index.ts'
import { realPlace } from './real-place.ts'
import type { RemoteFiles } from './remote.ts'
import { toUtf8 } from './text.ts'
import type { Tree } from './tree.ts'

/** The part of a tree that is needed to open a file. */
export type TreePlace = Pick<Tree, 'absolutePath' | 'remote' | 'root'>

/** A regular file below the root, open for reading. */
export interface OpenedFile {
  readonly kind: 'file'
  readonly handle: FileHandle
  readonly stat: Stats
}

/**
 * Why a path gives no file. `link`: a link on the way leads to another place below the root, `to`. `outside`: it leads
 * out of the root. `changed`: the path led elsewhere while it was opened. `failed`: the system's own error code.
 */
export type FileRefusal =
  | { readonly kind: 'folder' | 'special' | 'outside' | 'changed' }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'failed'; readonly code: string }

/**
 * Opens a regular file of a tree; every reading of its contents goes through here. No link is followed, at whatever
 * moment it came up: what was opened is compared with the path that was asked for, after opening, and closed again where
 * they differ. It waits for no pipe's writer. The caller closes the handle; other errors than the system's are thrown.
 */
export async function openFile(tree: TreePlace, path: string): Promise<OpenedFile | FileRefusal> {
  const place = Buffer.from(tree.absolutePath(path))
  if (!isBelow(tree.root, place) || hasGitComponent(path)) return { kind: 'outside' }
  let handle: FileHandle | undefined
  try {
    handle = await open(place, OPEN_FLAGS)
    const stat = await handle.stat()
    const isSame = await isAt(handle, { place, stat })
    const refusal = isSame ? kindOf(stat) : await whyElsewhere(tree.root, place)
    if (refusal !== undefined) return refusal
    const opened = { kind: 'file', handle, stat } as const
    // The caller owns it from here on.
    handle = undefined
    return opened
  } catch (error) {
    const code = systemCode(error)
    return code === 'ELOOP' ? whyElsewhere(tree.root, place) : { kind: 'failed', code }
  } finally {
    await handle?.close()
  }
}

/** A file's text, or why there is none. */
export type FileText = { readonly kind: 'text'; readonly text: Buffer } | { readonly kind: 'too-large' } | FileRefusal

/** Reads a whole file of a tree as UTF-8, decoded as ripgrep does; see {@link openFile}. */
export async function readWhole(tree: TreePlace, path: string, maxBytes: number): Promise<FileText> {
  if (tree.remote !== undefined) return readRemote(tree.remote, path, maxBytes)
  const opened = await openFile(tree, path)
  if (opened.kind !== 'file') return opened
  try {
    if (opened.stat.size > maxBytes) return { kind: 'too-large' }
    return { kind: 'text', text: toUtf8(await opened.handle.readFile()) }
  } catch (error) {
    return { kind: 'failed', code: systemCode(error) }
  } finally {
    await opened.handle.close()
  }
}

async function readRemote(remote: RemoteFiles, path: string, maxBytes: number): Promise<FileText> {
  const read = await remote.read(path, maxBytes)
  switch (read.kind) {
    case 'text':
      return read
    case 'folder':
      return { kind: 'folder' }
    case 'too-large':
      return { kind: 'too-large' }
    case 'missing':
      return { kind: 'failed', code: 'ENOENT' }
    case 'not-indexed':
      return { kind: 'failed', code: `not in the index: it ${read.reason}` }
  }
}

/** macOS: refuses links anywhere in the path; Node has no constant for it. */
const O_NOFOLLOW_ANY = 0x2000_0000

const OPEN_FLAGS =
  constants.O_RDONLY |
  constants.O_NOFOLLOW |
  constants.O_NONBLOCK |
  (process.platform === 'darwin' ? O_NOFOLLOW_ANY : 0)

interface Asked {
  readonly place: Buffer
  readonly stat: Stats
}

/** True if the open file is the one at exactly that path. */
async function isAt(handle: FileHandle, { place, stat }: Asked): Promise<boolean> {
  if (process.platform === 'linux') {
    const real = realPlace(handle.fd)
    // A file that was replaced or removed since is still the one that was opened there.
    if (real !== undefined) return real.equals(place) || real.equals(Buffer.concat([place, DELETED]))
  }
  // Checked twice, since the path may change between the check of its folders and the check of its end.
  if (!(await leadsTo(place))) return false
  const now = await lstat(place)
  return now.dev === stat.dev && now.ino === stat.ino && (await leadsTo(place))
}

const DELETED = Buffer.from(' (deleted)')

async function leadsTo(place: Buffer): Promise<boolean> {
  return place.equals(Buffer.from(await realpath(place, 'buffer')))
}

function kindOf(stat: Stats): FileRefusal | undefined {
  if (stat.isDirectory()) return { kind: 'folder' }
  return stat.isFile() ? undefined : { kind: 'special' }
}

async function whyElsewhere(root: string, place: Buffer): Promise<FileRefusal> {
  try {
    const real = Buffer.from(await realpath(place, 'buffer'))
    if (real.equals(place)) return { kind: 'changed' }
    if (!isBelow(root, real)) return { kind: 'outside' }
    return { kind: 'link', to: real.subarray(Buffer.byteLength(withSeparator(root))).toString('utf8') }
  } catch (error) {
    return { kind: 'failed', code: systemCode(error) }
  }
}

function isBelow(root: string, place: Buffer): boolean {
  const start = Buffer.from(withSeparator(root))
  return place.subarray(0, start.length).equals(start)
}

function withSeparator(root: string): string {
  return root.endsWith(sep) ? root : root + sep
}

/** The system's error code of a failed call; any other error is a bug and is thrown. */
export function systemCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code !== 'string') throw error
  return code
}
