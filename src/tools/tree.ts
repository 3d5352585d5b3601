/** `respect`: .gitignore, .ignore and .rgignore count. `none`: every file that is not hidden, as for a snapshot. */
export type IgnoreRules = 'none' | 'respect'

/** What to open. */
export interface TreeOptions {
  readonly root: string
  readonly ignoreRules: IgnoreRules
  /** The ripgrep to run; located when left out. */
  readonly rg?: string
  readonly signal?: AbortSignal
}

/** A folder of files that can be searched; never written to. */
export interface Tree {
  /** Real path of the folder. */
  readonly root: string
  readonly ignoreRules: IgnoreRules
  /** Path of the ripgrep binary. */
  readonly rg: string
  /** Paths of all files by bytes, with `/`, hidden and ignored ones left out; walked once, when first asked for. */
  listFiles(): Promise<readonly string[]>
  /** Files of `listFiles` that are larger than `maxFileBytes`, in the same order. */
  listFilesAbove(maxFileBytes: number): Promise<readonly string[]>
  /** The path as the file system knows it; differs from `join(root, path)` where a name is not UTF-8. */
  absolutePath(path: string): string | Buffer
}

/**
 * Opens a folder for searching.
 * Throws FuseSearchError: `repository-missing` (nothing there), `repository-unreadable` (a file, or no permission), `rg-missing`.
 */
export async function openTree(_options: TreeOptions): Promise<Tree> {
  throw new Error('under construction')
}
