import { realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FuseSearchError } from '../../core/index.ts'

/** A folder that may be searched, as it was given and as it really lies. */
export interface Root {
  readonly given: string
  readonly real: string
}

/** Roots of a client beyond which none is looked at. */
const MAX_CLIENT_ROOTS = 100
/** Roots named in a refusal. */
const MAX_NAMED_ROOTS = 10

/** The allow-list of the command line. Throws `bad-argument` for a folder that isn't there. */
export async function openRoots(given: readonly string[], cwd: string): Promise<readonly Root[]> {
  return Promise.all(
    given.map(async (folder) => {
      const path = resolve(cwd, folder)
      const real = await realFolder(path)
      if (real === undefined) throw refuse(`The root ${folder} is no folder that can be read. Check the path.`)
      return { given: path, real }
    }),
  )
}

/** The part of the allow-list that lies in the client's roots: of two that hold one another, the inner one. */
export async function intersectRoots(allowed: readonly Root[], uris: readonly string[]): Promise<readonly Root[]> {
  const found = new Map<string, Root>()
  for (const uri of uris.slice(0, MAX_CLIENT_ROOTS)) {
    const given = pathOf(uri)
    const real = given === undefined ? undefined : await realFolder(given)
    if (given === undefined || real === undefined) continue
    for (const root of allowed) {
      if (isInside(real, root.real)) found.set(real, { given, real })
      else if (isInside(root.real, real)) found.set(root.real, root)
    }
  }
  return [...found.values()]
}

/**
 * The real path of the folder to search: the one root when none is asked for, else the one asked for, when it lies in
 * a root and no link leads to it from there. Throws `bad-argument` for everything else.
 */
export async function placeWithin(roots: readonly Root[], asked: string | undefined): Promise<string> {
  const [first] = roots
  if (first === undefined) {
    throw refuse("None of the client's roots lies in the folders that this server may search. Start it with --root.")
  }
  if (asked === undefined && roots.length === 1) return first.real
  if (asked === undefined) throw refuse(`Several folders may be searched; name one as repository: ${named(roots)}.`)
  if (asked.includes('\0')) throw refuse('The repository is no path: it has a NUL character. Give a folder.')
  if (!isAbsolute(asked) && roots.length > 1) {
    throw refuse(`Several folders may be searched, so the repository must be an absolute path in ${named(roots)}.`)
  }
  const path = resolve(first.real, asked)
  const root = roots.find((one) => isInside(path, one.given) || isInside(path, one.real))
  if (root === undefined) throw refuse(`${asked} is outside of what may be searched: ${named(roots)}.`)
  const expected = join(root.real, relative(isInside(path, root.real) ? root.real : root.given, path))
  const real = await realFolder(path)
  if (real === undefined) throw refuse(`${asked} is no folder that can be read. Name a folder in ${named(roots)}.`)
  if (real !== expected) throw refuse(`${asked} is reached through a link, which is never followed. Name a folder.`)
  return real
}

function named(roots: readonly Root[]): string {
  const shown = roots.slice(0, MAX_NAMED_ROOTS).map(({ given }) => given)
  const rest = roots.length - shown.length
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

async function realFolder(path: string): Promise<string | undefined> {
  try {
    const real = await realpath(path)
    return (await stat(real)).isDirectory() ? real : undefined
  } catch {
    // Missing, a loop of links, no permission: for a client these are one and the same.
    return undefined
  }
}

function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file://') ? fileURLToPath(uri) : undefined
  } catch {
    // A root on another host, or no address at all.
    return undefined
  }
}

function refuse(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
