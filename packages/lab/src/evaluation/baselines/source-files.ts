import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { languageOf, MAX_PARSED_CHARS } from 'fusesearch/code'

/** A source file of a snapshot. */
export interface SourceFile {
  /** Relative to the snapshot, with `/`. */
  readonly path: string
  readonly text: string
}

const ASIDE_FOLDERS = new Set(['doc', 'docs', 'example', 'examples', 'benchmark', 'benchmarks'])

/** Documentation, examples and benchmarks: source files that a fix seldom touches. */
export function isAsidePath(path: string): boolean {
  return path
    .split('/')
    .slice(0, -1)
    .some((folder) => ASIDE_FOLDERS.has(folder))
}

/** The files of a language whose functions can be found, by path; those too large to parse are left out. */
export async function readSourceFiles(root: string, isWanted: (path: string) => boolean): Promise<SourceFile[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && languageOf(entry.name) !== undefined)
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter(isWanted)
    .sort()
  const files: SourceFile[] = []
  for (const path of paths) {
    const place = join(root, path)
    if ((await stat(place)).size <= MAX_PARSED_CHARS) files.push({ path, text: await readFile(place, 'utf8') })
  }
  return files
}
