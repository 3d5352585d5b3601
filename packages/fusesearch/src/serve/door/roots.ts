import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FuseSearchError, hasGitComponent, refuseGitPath } from '../../core/index.ts'
import type { Backend, Workspace, WorkspaceOptions, WorkspacePool } from '../../search/index.ts'

/** A folder that may be searched, as it was given and as it really lies. */
export interface Root {
  readonly given: string
  readonly real: string
}

/** What a client's path turned out to be. */
export type Found =
  /** `path` is its real path. `isLinked`: a link below the root leads to it, so that it lies elsewhere than it seems. */
  | { readonly kind: 'folder'; readonly path: string; readonly isLinked: boolean }
  /** `isLinked`: it seems to lie in a root, and a link leads out of it. */
  | { readonly kind: 'outside'; readonly isLinked: boolean }
  | { readonly kind: 'missing' }
  /** It is there and no folder. */
  | { readonly kind: 'file' }

/** Roots of a client beyond which none is looked at. */
const MAX_CLIENT_ROOTS = 100

/**
 * The folders of the command line; relative ones start from `cwd`, or from that of the process.
 * Throws `bad-argument` without one, and for one that isn't there or is git's own.
 */
export async function openRoots(given: readonly string[], cwd = ''): Promise<readonly Root[]> {
  if (given.length === 0) throw badArgument('There is no root. Name a folder.')
  return Promise.all(
    given.map(async (folder) => {
      const path = resolve(cwd, folder)
      const real = await realFolder(path)
      if (real === undefined) throw badArgument(`The root ${folder} is no folder that can be read. Check the path.`)
      for (const one of [path, real]) refuseGitPath(one)
      return { given: path, real }
    }),
  )
}

/** The part of the roots that lies in the client's own: of two that hold one another, the inner one. */
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
 * The folder that a client asks for; relative paths start from the first root. What counts is where it really lies.
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

/** Where a path lies when no link is on the way from its root; undefined for one that seems to lie in no root. */
function expectedPlace(roots: readonly Root[], wanted: string): string | undefined {
  for (const { given, real } of roots) {
    const base = [real, given].find((folder) => isInside(folder, wanted))
    if (base !== undefined) return join(real, relative(base, wanted))
  }
  return undefined
}

/**
 * Opens a folder whose real path was checked. Throws `repository-unreadable` when something else lies there by now: a
 * link that took its place after the check leads elsewhere.
 */
export async function openExactly(pool: WorkspacePool, options: WorkspaceOptions): Promise<Workspace> {
  const workspace = await pool.open(options)
  if (workspace.root === options.root) return workspace
  await workspace.close()
  const message = `${options.root} became a link while it was opened, which is never followed. Ask again.`
  throw new FuseSearchError(message, { code: 'repository-unreadable' })
}

/** The name of what is searched in place of folders. Throws `bad-argument` for a request that names a folder. */
export function backendName({ name }: Backend, asked: string | undefined): string {
  if (asked === undefined || asked === name) return name
  throw badArgument(`This server searches ${name} and no folder. Leave the repository out.`)
}

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** Undefined for what is missing, no folder, a loop of links or forbidden: for a client these are one and the same. */
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
    // A root on another host, or no address at all.
    return undefined
  }
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
