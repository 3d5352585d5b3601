/**
 * Where files lie now, by the path they had at a commit: there, or, for a file that was moved since, at the only path of
 * the tree with the same name, if the two paths share a folder name. Files that are gone are left out.
 */
export function presentPaths(then: readonly string[], files: readonly string[]): ReadonlyMap<string, string> {
  const wanted = new Set(then)
  const present = new Map(files.filter((file) => wanted.has(file)).map((file) => [file, file]))
  const gone = [...wanted].filter((path) => !present.has(path))
  const only = onlyOnes(new Set(gone.map(nameOf)), files)
  for (const path of gone) {
    const now = only.get(nameOf(path))
    if (now != null && shareFolder(now, path)) present.set(path, now)
  }
  return present
}

/** The files with these names, by name; null for a name that several files have. */
function onlyOnes(names: ReadonlySet<string>, files: readonly string[]): ReadonlyMap<string, string | null> {
  const byName = new Map<string, string | null>()
  if (names.size === 0) return byName
  for (const file of files) {
    const name = nameOf(file)
    if (names.has(name)) byName.set(name, byName.has(name) ? null : file)
  }
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
