import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { isAbsolute, resolve } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import { type Discovered, discover } from './discover.ts'
import { type CollectedCommand, type Environment, type GitResult, runGit, spawnGit } from './git.ts'

/** A git repository that is read and never written to, unless it is a clone of our own. */
export interface Repository {
  /** `owner/name`, or the folder of a repository that was given as a path. */
  readonly name: string
  readonly gitDir: string
  readonly environment: Environment
  /** Folders of the repository: no program in them is run. */
  readonly trees: readonly string[]
  /** Folders outside of the repository's own from which git reads; see {@link elsewhereNotice}. */
  readonly elsewhere: readonly string[]
  /** Set for clones in our own cache only: where missing objects may be fetched from. */
  readonly fetchUrl?: string
  /** Full hashes of commits that it was found to have: many instances name the same one, and each question starts a git. */
  readonly commits: Set<string>
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
 * @throws FuseSearchError `repository-missing` if there is none; `repository-unreadable` for a `.git` that is a link,
 * or if one of git's files isn't a regular file; `git-missing`, and `git-failed` for a git that doesn't behave like
 * git.
 */
export async function repositoryAt(place: RepositoryPlace): Promise<Repository> {
  const path = resolve(place.path)
  const found = await discover(path, place.anywhereInside === true)
  if (found === undefined) throw noRepository(path)
  const repository = repositoryOf(found, { name: place.name ?? path, environment: place.environment })
  // Git itself decides whether it can read the repository.
  const command = ['rev-parse', '--absolute-git-dir']
  const { exitCode, stdout, stderr } = await runIn(repository, { arguments: command, signal: place.signal })
  if (exitCode !== 0) throw noRepository(path, firstLine(stderr))
  if (!isAbsolute(stdout.toString('utf8').trim())) throw noAnswer(command)
  return repository
}

/** A repository that was found; git hasn't checked it yet. */
export function repositoryOf(
  { gitDir, trees, elsewhere }: Discovered,
  named: Pick<Repository, 'environment' | 'name'>,
): Repository {
  return { ...named, gitDir, trees, elsewhere, commits: new Set() }
}

/**
 * A notice that commits come from outside the repository's folder, as in linked work trees; undefined if they don't.
 */
export function elsewhereNotice({ elsewhere, trees: [top = ''] }: Repository): string | undefined {
  if (elsewhere.length === 0) return undefined
  const more = elsewhere.length > MAX_NAMED ? ` and ${elsewhere.length - MAX_NAMED} more` : ''
  const named = `${elsewhere.slice(0, MAX_NAMED).join(', ')}${more}`
  return `The .git of ${top} leads outside it, so its commits are read from ${named}.`
}

const MAX_NAMED = 3

function noRepository(path: string, why?: string): FuseSearchError {
  const fact = `${path} isn't a git repository${why === undefined ? '' : ` (${why})`}`
  const next = 'Check the path, or the template that it was made from'
  return new FuseSearchError(`${fact}. ${next}.`, { code: 'repository-missing' })
}

/** A program that isn't git may end with 0 and print nothing. */
export function noAnswer(command: readonly string[]): FuseSearchError {
  const fact = `\`git ${command.join(' ')}\` didn't behave like git`
  return new FuseSearchError(`${fact}. Check what \`git --version\` prints, and which git is first on PATH.`, {
    code: 'git-failed',
  })
}

/** Starts git in a repository; the caller owns the process. */
export function spawnIn(
  repository: Repository,
  command: readonly string[],
  signal: AbortSignal | undefined,
): ChildProcessWithoutNullStreams {
  const { gitDir, environment, trees } = repository
  return spawnGit({ arguments: command, gitDir, directory: gitDir, environment, trees, signal })
}

/** Runs git in a repository, with nothing fetched unless asked. */
export function runIn(
  repository: Repository,
  options: Pick<
    CollectedCommand,
    'arguments' | 'input' | 'maxBytes' | 'maxMemoryBytes' | 'mayFetch' | 'onOutput' | 'signal' | 'timeoutMs'
  > & {
    /** Where git starts; the git directory when left out. */
    readonly directory?: string
  },
): Promise<GitResult> {
  const { gitDir, environment, trees } = repository
  return runGit({ directory: gitDir, ...options, gitDir, environment, trees })
}

/**
 * The full hash of the commit that a revision names.
 * @throws FuseSearchError `unknown-commit` if it names none, or none that the repository has; `git-failed` for a git
 * that doesn't behave like git.
 */
export async function resolveCommit(repository: Repository, revision: string, signal?: AbortSignal): Promise<string> {
  if (repository.commits.has(revision)) return revision
  // Git would interpret these as an option, a set of commits, or two revisions.
  const isSane = revision !== '' && !/^[-^]|[\0\r\n]/.test(revision)
  const command = ['rev-parse', '--verify', '--quiet', `${revision}^{commit}`]
  const result = isSane ? await runIn(repository, { arguments: command, signal }) : undefined
  if (result?.exitCode !== 0) throw unknownCommit(repository, revision, firstLine(result?.stderr ?? ''))
  const id = result.stdout.toString('latin1').trim()
  if (!isObjectId(id)) throw noAnswer(command)
  // A name may lead to another commit next time.
  if (id === revision) repository.commits.add(id)
  return id
}

/** True for a full hash, of either of git's algorithms. */
export function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)
}

/**
 * The first parent of a commit, whose hash must be full.
 * @throws FuseSearchError `unknown-commit` if the commit is missing or has no parent.
 */
export async function firstParent(repository: Repository, commit: string, signal?: AbortSignal): Promise<string> {
  const full = await resolveCommit(repository, commit, signal)
  // Read from the commit's text, not with `rev^1`: a shallow clone or a graft hides the parent from the latter.
  const result = await runIn(repository, { arguments: ['cat-file', 'commit', full], signal })
  const parent = /^parent ([0-9a-f]+)$/m.exec(result.stdout.toString('utf8').split('\n\n')[0] ?? '')?.[1]
  if (result.exitCode !== 0 || parent === undefined) {
    const message = `Commit ${commit} of ${repository.name} has no parent, so there is no state before it.`
    throw new FuseSearchError(message, { code: 'unknown-commit' })
  }
  return resolveCommit(repository, parent, signal)
}

function unknownCommit({ gitDir, name }: Repository, revision: string, why: string): FuseSearchError {
  const mistake = mistakeOf(revision)
  const message =
    mistake === undefined
      ? `${name} (${gitDir}) has no commit '${revision}'${why === '' ? '' : ` (${why})`}. Correct it, or fetch it into that repository (git fetch origin <commit>).`
      : `The revision '${revision}' ${mistake}. Name one commit: a hash, a branch, a tag, or an expression such as HEAD~2.`
  return new FuseSearchError(message, { code: 'unknown-commit' })
}

/** Why a text can't name one commit; undefined if it can. */
function mistakeOf(revision: string): string | undefined {
  // Braces enclose a time or a search text, which may contain anything.
  const plain = revision.replace(/\{[^}]*\}/g, '')
  if (revision.trim() === '') return 'is empty'
  if (revision.startsWith('-')) return 'would be an option of git'
  if (/\p{Cc}/u.test(revision)) return 'contains a control character'
  if (revision.startsWith('^')) return 'means all commits except the ancestors of one'
  if (plain.includes('..')) return 'is a range of commits'
  if (plain.includes(':')) return 'means a file of a commit, or a commit by its message'
  return undefined
}

/** The first line of git's message. */
export function firstLine(text: string): string {
  return text.split('\n')[0]?.trim() ?? ''
}
