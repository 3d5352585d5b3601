import type { CommitIndex, Walk } from './commit-index.ts'
import type { WrittenLines } from './surviving.ts'

/** All commits that can be searched. */
export interface PastCommits {
  readonly index: CommitIndex
  /** Those of the index that are searched, newest first: the commit of the tree and its ancestors. */
  readonly walk: Walk
  /** In sentences: which commits are not among them, and the way around it. */
  readonly leftOut: readonly string[]
}

/** Files that a commit changed. */
export interface ChangedFiles {
  /** Paths below the root that is searched, as bytes (latin1). */
  readonly paths: readonly string[]
  /** All paths that it changed, elsewhere in the repository too. */
  readonly total: number
}

/** A file below the root that is searched, as bytes (latin1), and the lines that a commit wrote in it. */
export interface WrittenFile {
  readonly path: string
  readonly hunks: readonly WrittenLines[]
}

/** The commits before the one that is searched: an ancestor of it each, or itself. Whoever opens the tree provides it. */
export interface CommitHistory {
  /** Reads them once. Rejects with FuseSearchError where there are none to read: no git, no repository. */
  listCommits(): Promise<PastCommits>
  /** By full hash; a commit is absent where the clone can't tell. Rejects with FuseSearchError, and on abort. */
  readPaths(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ChangedFiles>>
  /** Where commits wrote lines, by full hash; absent where the clone can't tell, and beyond what a fix has. */
  readLines(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly WrittenFile[]>>
}
