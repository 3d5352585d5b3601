import { FuseSearchError } from 'fusesearch/core'
import { firstParent, type Repository, resolveOrFetchCommit } from 'fusesearch/git'

/** Gold that a dataset declares instead of a patch. Names are as written there. */
export interface DeclaredGold {
  /** Paths at base that the fix changed, deleted or renamed; added files are in `added`. */
  readonly files: readonly string[]
  readonly added: readonly string[]
  readonly functions: readonly { readonly path: string; readonly name: string }[]
}

/** An issue, and the repository state in which it must be located. */
export interface Instance {
  readonly id: string
  /** `owner/name` as the dataset writes it; compare with `repositoryIdentity`. */
  readonly repo: string
  /** The commit to search. At least one of `baseCommit` and `fixCommit` is set. */
  readonly baseCommit?: string
  /** The commit of the fix; without `baseCommit`, its first parent is the commit to search. */
  readonly fixCommit?: string
  readonly issue: string
  readonly patch?: string
  readonly declared?: DeclaredGold
  /** As written in the dataset. */
  readonly createdAt?: string
  readonly language?: string
  /** The file of the row and its line (or row) there, from 1. */
  readonly source: string
  readonly line: number
}

/**
 * The full hash of the commit to search.
 * @throws FuseSearchError `unknown-commit` if the repository doesn't have it, or if it isn't a git hash at all.
 */
export async function baseCommitOf(instance: Instance, repository: Repository, signal?: AbortSignal): Promise<string> {
  const named = instance.baseCommit ?? instance.fixCommit ?? ''
  // git would accept a Subversion revision such as 2264 as the beginning of a hash.
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/i.test(named)) {
    const message = `${instance.id}: '${named}' is not a full git commit hash. Give the commit of a git clone, or leave the row out.`
    throw new FuseSearchError(message, { code: 'unknown-commit' })
  }
  const commit = await resolveOrFetchCommit(repository, named, signal)
  return instance.baseCommit === undefined ? firstParent(repository, commit, signal) : commit
}
