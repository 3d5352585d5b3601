import type { CommitIndex, Walk } from './commit-index.ts'
import type { WrittenLines } from './surviving.ts'

/** All commits that can be searched. */
export interface PastCommits {
  readonly index: CommitIndex
  /** The commits of the index that are searched, newest first: the tree's commit and its ancestors. */
  readonly walk: Walk
  /** Sentences for people: which commits are missing, and what to do about it. */
  readonly leftOut: readonly string[]
}

/** Files that a commit changed. */
export interface ChangedFiles {
  /** Paths below the root that is searched, as bytes (latin1). */
  readonly paths: readonly string[]
  /** The number of all paths that the commit changed, anywhere in the repository. */
  readonly total: number
}

/** A file below the searched root (path as latin1 bytes), and the lines that a commit wrote in it. */
export interface WrittenFile {
  readonly path: string
  readonly hunks: readonly WrittenLines[]
}

/** The searched commit and its ancestors. The code that opens the tree provides it. */
export interface CommitHistory {
  /** Reads the commits once. Rejects with FuseSearchError if there are none to read: no git, or no repository. */
  listCommits(): Promise<PastCommits>
  /** Changed files by full hash; omits commits whose data the clone lacks. Rejects with FuseSearchError or on abort. */
  readPaths(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ChangedFiles>>
  /** The lines that commits wrote, by full hash; leaves out commits without data and commits too large to be a fix. */
  readLines(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, readonly WrittenFile[]>>
}
