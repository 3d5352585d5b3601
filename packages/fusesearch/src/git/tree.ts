import { FuseSearchError, hasGitComponent } from '../core/index.ts'
import { howToFetch } from './blobs.ts'
import { firstLine, type Repository, runIn } from './repository.ts'

/** A file of a tree. `path` holds the bytes of the name, one per character (latin1), so that any name survives. */
export interface TreeFile {
  readonly path: string
  readonly oid: string
}

/** The files of a tree that can be written, and counts of those left out. */
export interface Tree {
  readonly files: readonly TreeFile[]
  readonly symlinks: number
  readonly submodules: number
}

/**
 * Lists every file of a commit from git objects alone; symbolic links and submodules are counted and left out.
 * @throws FuseSearchError `snapshot-failed` if the tree isn't readable or has a name that must not be written.
 */
export async function listTree(repository: Repository, commit: string, signal?: AbortSignal): Promise<Tree> {
  const command = ['ls-tree', '-r', '-z', '--full-tree', commit]
  const result = await runIn(repository, { arguments: command, signal })
  if (result.exitCode !== 0) {
    const why = firstLine(result.stderr)
    const message = `The tree of ${commit} in ${repository.name} can't be listed: ${why}. If objects are missing: ${howToFetch(repository)}.`
    throw new FuseSearchError(message, { code: 'snapshot-failed' })
  }
  return parseTree(result.stdout.toString('latin1'), `${repository.name}@${commit}`)
}

/** Reads the output of `git ls-tree -r -z`. Exported for its test: git itself refuses to make hostile trees. */
export function parseTree(listing: string, named: string): Tree {
  const files: TreeFile[] = []
  let symlinks = 0
  let submodules = 0
  for (const entry of listing.split('\0')) {
    if (entry === '') continue
    const tab = entry.indexOf('\t')
    const [mode, , oid] = entry.slice(0, tab).split(' ')
    const path = entry.slice(tab + 1)
    if (tab < 0 || mode === undefined || oid === undefined || isHostile(path)) throw hostileName(path, named)
    if (mode === '120000') symlinks += 1
    else if (mode === '160000') submodules += 1
    else files.push({ path, oid })
  }
  return { files, symlinks, submodules }
}

/** Separates files whose names differ from an earlier one only by case: on some file systems they are one file. */
export function withoutCollisions(files: readonly TreeFile[]): { kept: TreeFile[]; collisions: number } {
  // Folded name -> name as first seen, for files and for every folder above them.
  const names = new Map<string, string>()
  const isFirst = (name: string): boolean => {
    const folded = Buffer.from(name, 'latin1').toString('utf8').normalize('NFC').toLowerCase()
    const seen = names.get(folded)
    if (seen === undefined) names.set(folded, name)
    return seen === undefined || seen === name
  }
  const kept = files.filter((file) => {
    const parts = file.path.split('/')
    return parts.every((_, index) =>
      isFirst(parts.slice(0, index + 1).join('/') + (index + 1 < parts.length ? '/' : '')),
    )
  })
  return { kept, collisions: files.length - kept.length }
}

/** A path (bytes, latin1) that would leave its folder, or name git's own, on any system. */
export function isHostile(path: string): boolean {
  if (path === '' || path.startsWith('/') || /^[a-zA-Z]:[\\/]/.test(path)) return true
  // The path is bytes; the rule for git's own names is about characters.
  if (hasGitComponent(Buffer.from(path, 'latin1').toString('utf8'))) return true
  // Backslash separates on Windows, where dots and spaces at the end of a name vanish.
  const names = path.split(/[\\/]/).map((name) => name.replace(/(?<=[^. ])[. ]+$/, ''))
  return names.some((name) => ['', '.', '..'].includes(name))
}

function hostileName(path: string, named: string): FuseSearchError {
  const shown = JSON.stringify(Buffer.from(path, 'latin1').toString('utf8'))
  const message = `${named} has a file named ${shown}, which must not be written to disk. Leave this instance out.`
  return new FuseSearchError(message, { code: 'snapshot-failed' })
}
