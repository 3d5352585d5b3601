import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FuseSearchError, hasGitComponent, refuseGitPath } from '../../core/index.ts'
import type { Backend, Workspace, WorkspaceOptions, WorkspacePool } from '../../search/index.ts'

/** A folder that may be searched: its path as given, and its real path. */
export interface Root {
  readonly given: string
  readonly real: string
}

/** What a client's path leads to. */
export type Found =
  /** `path` is the real path. `isLinked`: a link below the root leads there, so it differs from the path as written. */
  | { readonly kind: 'folder'; readonly path: string; readonly isLinked: boolean }
  /** `isLinked`: the path as written is in a root, but a link leads out of it. */
  | { readonly kind: 'outside'; readonly isLinked: boolean }
  | { readonly kind: 'missing' }
  /** The path exists but is no folder. */
  | { readonly kind: 'file' }

/** Most roots of a client that are looked at. */
const MAX_CLIENT_ROOTS = 100

/**
 * The folders from the command line. Relative paths start from `cwd`, or from the process's working directory.
 * Throws `bad-argument` if there is none, and for a folder that doesn't exist or is git's own.
 */
export async function openRoots(given: readonly string[], cwd = ''): Promise<readonly Root[]> {
  if (given.length === 0) throw badArgument('There is no root. Name a folder.')
  return Promise.all(
    given.map(async (folder) => {
      const path = resolve(cwd, folder)
      const real = await realFolder(path)
      if (real === undefined) throw badArgument(`The root ${folder} isn't a readable folder. Check the path.`)
      for (const one of [path, real]) refuseGitPath(one)
      return { given: path, real }
    }),
  )
}

/** The intersection of the allowed roots with the client's: if one contains the other, the inner one. */
export async function clientRoots(allowed: readonly Root[], uris: readonly string[]): Promise<readonly Root[]> {
  const found = new Map<string, Root>()
  for (const uri of uris.slice(0, MAX_CLIENT_ROOTS)) {
    const given = pathOf(uri)
    const real = given === undefined ? undefined : await realFolder(given)
    if (given === undefined || real === undefined || hasGitComponent(real)) continue
    for (const root of allowed) {
      if (isInside(root.real, real)) found.set(real, { given, real })
      else if (isInside(real, root.real)) found.set(root.real, root)
    }
  }
  return [...found.values()]
}

/**
 * The folder that a client asks for, judged by its real path. Relative paths start from the first root.
 * Throws `bad-argument` for git's own files.
 */
export async function findFolder(roots: readonly Root[], asked: string): Promise<Found> {
  const [first] = roots
  if (first === undefined || asked.includes('\0')) return { kind: 'outside', isLinked: false }
  const wanted = resolve(first.real, asked)
  const real = await realpath(wanted).catch(() => undefined)
  const expected = expectedPlace(roots, wanted)
  const holder = roots.find((root) => isInside(root.real, real ?? expected ?? wanted))
  if (holder === undefined) return { kind: 'outside', isLinked: expected !== undefined && real !== undefined }
  refuseGitPath(asked)
  if (real === undefined) return { kind: 'missing' }
  refuseGitPath(relative(holder.real, real))
  return (await isFolder(real)) ? { kind: 'folder', path: real, isLinked: real !== expected } : { kind: 'file' }
}

/** The real path if there is no link between the root and the path; undefined if the path as written is in no root. */
function expectedPlace(roots: readonly Root[], wanted: string): string | undefined {
  for (const { given, real } of roots) {
    const base = [real, given].find((folder) => isInside(folder, wanted))
    if (base !== undefined) return join(real, relative(base, wanted))
  }
  return undefined
}

/**
 * Opens a folder whose real path was checked. Throws `repository-unreadable` if the path now leads elsewhere, because a
 * link replaced the folder after the check.
 */
export async function openExactly(pool: WorkspacePool, options: WorkspaceOptions): Promise<Workspace> {
  const workspace = await pool.open(options)
  if (workspace.root === options.root) return workspace
  await workspace.close()
  const message = `${options.root} became a link while it was opened, which is never followed. Ask again.`
  throw new FuseSearchError(message, { code: 'repository-unreadable' })
}

/** The name of the backend that is searched instead of folders. Throws `bad-argument` if the request names a folder. */
export function backendName({ name }: Backend, asked: string | undefined): string {
  if (asked === undefined || asked === name) return name
  throw badArgument(`This server searches ${name} and no folder. Leave the repository out.`)
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** Undefined for a path that is missing, no folder, a loop of links or forbidden. Clients can't tell these apart. */
async function realFolder(path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined)
  return real !== undefined && (await isFolder(real)) ? real : undefined
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  )
}

function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file://') ? fileURLToPath(uri) : undefined
  } catch {
    // A root on another host, or no valid URL.
    return undefined
  }
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
