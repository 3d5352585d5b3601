/**
 * Follows files that were moved since a commit: maps a missing path to the only file of the tree with the same name, if
 * the two paths share a folder name. Undefined for a deleted file, and if several files have the name.
 */
export function followRenames(files: readonly string[]): (gone: string) => string | undefined {
  let byName: Map<string, string | null> | undefined
  return (gone) => {
    byName ??= onlyOnes(files)
    const found = byName.get(nameOf(gone))
    return found != null && shareFolder(found, gone) ? found : undefined
  }
}

/** Files by name; null for a name that several files have. */
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
