import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import { type CollectedCommand, type Environment, type GitResult, runGit } from './git.ts'

/** A git repository that is read and never written to, unless it is a clone of our own. */
export interface Repository {
  /** `owner/name`, or the folder for a repository that was named by its place. */
  readonly name: string
  readonly gitDir: string
  readonly environment: Environment
  /** Set for clones in our own cache only: where missing objects may be fetched from. */
  readonly fetchUrl?: string
}

/** Where to look for a repository. */
export interface RepositoryPlace {
  readonly path: string
  readonly environment: Environment
  /** Name for messages and cache folders; the path without it. */
  readonly name?: string
  /** Accepts a folder inside a work tree too; else `path` must be the top of a work tree or a git directory. */
  readonly anywhereInside?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Opens the repository at a folder: work tree, linked work tree or bare.
 * @throws FuseSearchError `repository-missing` when there is none.
 */
export async function repositoryAt(place: RepositoryPlace): Promise<Repository> {
  const path = resolve(place.path)
  const next = 'Check the path, or the template that it was made from'
  if (!existsSync(path)) {
    throw new FuseSearchError(`There is no folder ${path}. ${next}.`, { code: 'repository-missing' })
  }
  const found = await runGit({
    arguments: ['rev-parse', '--absolute-git-dir'],
    directory: path,
    environment: place.environment,
    signal: place.signal,
    ...(place.anywhereInside === true ? {} : { ceiling: dirname(path) }),
  })
  if (found.exitCode !== 0) {
    const message = `${path} is not a git repository (${firstLine(found.stderr)}). ${next}.`
    throw new FuseSearchError(message, { code: 'repository-missing' })
  }
  const gitDir = found.stdout.toString('utf8').replace(/\r?\n$/, '')
  return { name: place.name ?? path, gitDir, environment: place.environment }
}

/** Runs git in a repository, with nothing fetched unless asked. */
export function runIn(
  repository: Repository,
  options: Pick<CollectedCommand, 'arguments' | 'input' | 'maxBytes' | 'mayFetch' | 'signal' | 'timeoutMs'>,
): Promise<GitResult> {
  const { gitDir, environment } = repository
  return runGit({ ...options, gitDir, environment, directory: gitDir })
}

/**
 * The full hash of the commit that a revision names.
 * @throws FuseSearchError `unknown-commit` when the repository doesn't hold it.
 */
export async function resolveCommit(repository: Repository, revision: string, signal?: AbortSignal): Promise<string> {
  // A revision that looks like an option, or holds a line break, can't name a commit.
  const isSane = revision !== '' && !revision.startsWith('-') && !/[\0\r\n]/.test(revision)
  const command = ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]
  const result = isSane ? await runIn(repository, { arguments: command, signal }) : undefined
  if (result?.exitCode === 0) return result.stdout.toString('utf8').trim()
  throw unknownCommit(repository, revision)
}

/**
 * The first parent of a commit, whose hash must be full.
 * @throws FuseSearchError `unknown-commit` when the commit isn't there or has no parent.
 */
export async function firstParent(repository: Repository, commit: string, signal?: AbortSignal): Promise<string> {
  const full = await resolveCommit(repository, commit, signal)
  // The commit's own text, not `rev^1`: a shallow clone or a graft hides the parent from the latter.
  const result = await runIn(repository, { arguments: ['cat-file', 'commit', full], signal })
  const parent = /^parent ([0-9a-f]+)$/m.exec(result.stdout.toString('utf8').split('\n\n')[0] ?? '')?.[1]
  if (result.exitCode !== 0 || parent === undefined) {
    const message = `Commit ${commit} of ${repository.name} has no parent, so there is no state before it.`
    throw new FuseSearchError(message, { code: 'unknown-commit' })
  }
  return resolveCommit(repository, parent, signal)
}

function unknownCommit(repository: Repository, revision: string): FuseSearchError {
  const next = 'Correct it, or fetch it into that repository (git fetch origin <commit>)'
  const message = `${repository.name} (${repository.gitDir}) has no commit '${revision}'. ${next}.`
  return new FuseSearchError(message, { code: 'unknown-commit' })
}

/** The first line of what git said, for a message. */
export function firstLine(text: string): string {
  return text.split('\n')[0]?.trim() ?? ''
}
