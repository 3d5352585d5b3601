import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** What git would take a folder for. */
export type GitPlace =
  /** In a work tree; `top` holds something named `.git`. */
  | { readonly kind: 'work-tree'; readonly top: string }
  /** In `folder`, which is a git directory without a work tree around it. */
  | { readonly kind: 'git-directory'; readonly folder: string }
  | { readonly kind: 'none' }

/** What a git directory has at least. */
const GIT_DIRECTORY = ['HEAD', 'objects', 'refs']

/** Looks from a folder upwards for the first that is one or the other, as git does. Nothing is opened. */
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
    // What can't be looked at doesn't count.
    return false
  }
}
