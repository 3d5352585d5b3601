/**
 * Follows files that were moved since a commit: a path that is gone stands for the one file of the tree with its name, if
 * their folders share a name. Undefined for one that was deleted, or that several may be.
 */
export function followRenames(files: readonly string[]): (gone: string) => string | undefined {
  let byName: Map<string, string | null> | undefined
  return (gone) => {
    byName ??= onlyOnes(files)
    const found = byName.get(nameOf(gone))
    return found != null && shareFolder(found, gone) ? found : undefined
  }
}

/** Files by name; null for a name that several have. */
function onlyOnes(files: readonly string[]): Map<string, string | null> {
  const byName = new Map<string, string | null>()
  for (const file of files) byName.set(nameOf(file), byName.has(nameOf(file)) ? null : file)
  return byName
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function shareFolder(a: string, b: string): boolean {
  const folders = new Set(a.split('/').slice(0, -1))
  return b
    .split('/')
    .slice(0, -1)
    .some((folder) => folders.has(folder))
}
