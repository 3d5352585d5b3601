import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { delimiter, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { gitPlaceOf } from './work-tree.ts'

/** Where to look, and which folders to avoid. */
export interface ProgramSearch {
  /** A PATH; its relative and empty entries, which mean the working directory, are left out. */
  readonly searchPath: string | undefined
  /** Folders that are searched: nothing in them, or in the git work trees around them, is run. */
  readonly trees: readonly string[]
}

/** A program that may be run. */
export interface Program {
  /** Absolute; no folder in it is a link. */
  readonly path: string
  /** The PATH for the program: absolute real folders, none of them in a searched tree. */
  readonly searchPath: string
}

/**
 * Finds a program on PATH; undefined if no allowed entry has it. It looks each time, which costs a few file status
 * calls, so it notices a program that was installed, updated or removed meanwhile.
 */
export function findProgram(
  name: 'fusesearch' | 'git' | 'python' | 'python3' | 'rg',
  { searchPath, trees }: ProgramSearch,
): Program | undefined {
  const untrusted = trees.flatMap(foldersAround)
  const folders = outsideOf(untrusted, searchPath)
  const file = process.platform === 'win32' ? `${name}.exe` : name
  // The last link is kept: programs with many names, such as the shims of version managers, depend on it.
  const path = folders.map((folder) => join(folder, file)).find((one) => isTrusted(one, untrusted))
  return path === undefined ? undefined : { path, searchPath: folders.join(delimiter) }
}

/**
 * The folders of a list such as PATH or LD_LIBRARY_PATH that may be used with a searched tree, again as a list:
 * absolute ones, by their real paths, outside of the tree. Empty if none is left.
 */
export function trustedFolders({ searchPath, trees }: ProgramSearch): string {
  return outsideOf(trees.flatMap(foldersAround), searchPath).join(delimiter)
}

/** A tree and the work tree around it, by their real paths. */
function foldersAround(tree: string): string[] {
  const real = realPath(tree) ?? resolve(tree)
  const place = gitPlaceOf(real)
  return place.kind === 'work-tree' && place.top !== real ? [real, place.top] : [real]
}

function outsideOf(untrusted: readonly string[], searchPath = ''): string[] {
  const real = searchPath
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .flatMap((folder) => realPath(folder) ?? [])
  return [...new Set(real)].filter((folder) => !untrusted.some((one) => isInside(one, folder)))
}

function isTrusted(path: string, untrusted: readonly string[]): boolean {
  try {
    accessSync(path, constants.X_OK)
    if (!statSync(path).isFile()) return false
    const real = realpathSync.native(path)
    return !untrusted.some((one) => isInside(one, real))
  } catch {
    // It doesn't exist, or isn't executable: try the next folder.
    return false
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync.native(path)
  } catch {
    // PATH often names folders that don't exist.
    return undefined
  }
}

/** True for a path in a folder, and for the folder itself; both absolute. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
