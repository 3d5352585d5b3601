import { FuseSearchError } from '../core/index.ts'
import type { LoggedCommit } from './commit-log.ts'
import { DIFF_MAX_MEMORY_BYTES } from './hunks.ts'
import { type Repository, runIn } from './repository.ts'

/** A path that a commit changed. */
export interface PathChange {
  /** Git's letter: A added, D deleted, M modified, T type changed. A rename is a D and an A. */
  readonly status: string
  /** As bytes (latin1). */
  readonly path: string
}

/** Some 500,000 changed paths. */
const PATHS_MAX_BYTES = 64_000_000

const PATH_OPTIONS = ['-r', '-z', '--raw', '--no-renames', '--always', '--no-ext-diff', '--no-textconv', '--no-color']

/**
 * The paths that commits changed against their first parent, by the commit's hash; for a merge, that is everything it
 * merged; for a root, nothing. Reads only trees, so a clone without file contents is enough. All commits from the first
 * one that needs a missing tree, or that changed more files than git may hold or list, are left out.
 * @throws FuseSearchError `git-failed` if `signal` aborts.
 */
export async function pathChanges(
  repository: Repository,
  commits: readonly Pick<LoggedCommit, 'id' | 'parents'>[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly PathChange[]>> {
  const roots = commits.filter(({ parents }) => parents.length === 0)
  const changes = new Map<string, PathChange[]>(roots.map(({ id }) => [id, []]))
  if (roots.length === commits.length) return changes
  const chunks: Buffer[] = []
  const result = await runIn(repository, {
    arguments: ['diff-tree', '--stdin', ...PATH_OPTIONS],
    // Further commits on a line replace the parents, so a merge has one difference too.
    input: commits.flatMap(({ id, parents: [parent] }) => (parent === undefined ? [] : [`${id} ${parent}\n`])).join(''),
    maxBytes: PATHS_MAX_BYTES,
    maxMemoryBytes: DIFF_MAX_MEMORY_BYTES,
    onOutput: (chunk) => chunks.push(chunk),
    signal,
  }).catch((error: unknown) => {
    if (error instanceof FuseSearchError && error.code === 'git-failed' && signal?.aborted !== true) return undefined
    throw error
  })
  const records = Buffer.concat(chunks).toString('latin1').split('\0')
  let current: PathChange[] = []
  let last: string | undefined
  for (let at = 0; at < records.length; at += 1) {
    const record = records[at] ?? ''
    // ":old-mode new-mode old-hash new-hash status", then the path; a commit is on its own.
    if (record.startsWith(':')) current.push({ status: record.slice(-1), path: records[++at] ?? '' })
    else if (record !== '') {
      last = record
      current = []
      changes.set(record, current)
    }
  }
  // Git ends at the first missing tree or at a limit, so the last commit may be incomplete.
  if (result?.exitCode !== 0 && last !== undefined) changes.delete(last)
  return changes
}
