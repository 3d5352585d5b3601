import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** How git would interpret a folder. */
export type GitPlace =
  /** In a work tree; `top` has an entry named `.git`. */
  | { readonly kind: 'work-tree'; readonly top: string }
  /** In `folder`, which is a git directory without a work tree around it. */
  | { readonly kind: 'git-directory'; readonly folder: string }
  | { readonly kind: 'none' }

/** The minimum contents of a git directory. */
const GIT_DIRECTORY = ['HEAD', 'objects', 'refs']

/** Looks from a folder upwards for the first work tree or git directory, like git. Opens nothing. */
export function gitPlaceOf(path: string): GitPlace {
  for (let folder = path; ; folder = dirname(folder)) {
    if (isThere(join(folder, '.git'))) return { kind: 'work-tree', top: folder }
    if (GIT_DIRECTORY.every((name) => isThere(join(folder, name)))) return { kind: 'git-directory', folder }
    if (folder === dirname(folder)) return { kind: 'none' }
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    // Unreadable entries don't count.
    return false
  }
}
