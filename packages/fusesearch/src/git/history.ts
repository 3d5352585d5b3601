import { realpath } from 'node:fs/promises'
import { relative, sep } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import { LOG, type LoggedCommit, parseCommit } from './commit-log.ts'
import { discover } from './discover.ts'
import type { Environment } from './git.ts'
import { firstLine, isObjectId, noAnswer, type Repository, repositoryOf, runIn } from './repository.ts'

/** Which commits to read. */
export interface MessagesRequest {
  readonly repository: Repository
  /** Full hash; it and its ancestors are read, nothing else. */
  readonly commit: string
  /** Commits at most. */
  readonly limit: number
  readonly signal?: AbortSignal | undefined
}

/** The newest commits up to the one asked for. */
export interface CommitMessages {
  /** Newest first; merges included. */
  readonly commits: readonly LoggedCommit[]
  /** There are older ones beyond the limit. */
  readonly isCut: boolean
  /** The clone is shallow: older commits may exist, but not here. */
  readonly isShallow: boolean
}

/** Five thousand messages take about 1 MB. */
const MESSAGES_MAX_BYTES = 64 * 1024 * 1024

/**
 * The messages of a commit and its ancestors. No tree or blob is read, so it works in partial clones too. Git shows a
 * message up to its first NUL, so none can pass for another commit.
 * @throws FuseSearchError `git-failed` when the commits can't be read, or their messages are more than 64 MB.
 */
export async function readMessages(request: MessagesRequest): Promise<CommitMessages> {
  const { commit, limit, repository, signal } = request
  const [log, shallow] = await Promise.all([
    runIn(repository, {
      arguments: [...LOG, `--max-count=${limit + 1}`, commit, '--'],
      maxBytes: MESSAGES_MAX_BYTES,
      signal,
    }),
    runIn(repository, { arguments: ['rev-parse', '--is-shallow-repository'], signal }),
  ])
  if (log.exitCode !== 0) {
    const fact = `The commits before ${commit} in ${repository.name} can't be read: ${firstLine(log.stderr)}`
    throw new FuseSearchError(`${fact}. Look at the repository with git fsck.`, { code: 'git-failed' })
  }
  const records = log.stdout.toString('utf8').split('\0')
  const commits = records.flatMap((record) => parseCommit(record) ?? [])
  const isShallow = shallow.stdout.toString('latin1').trim() === 'true'
  return { commits: commits.slice(0, limit), isCut: commits.length > limit, isShallow }
}

/** A folder of a work tree as git knows it. */
export interface WorkTreeHead {
  readonly repository: Repository
  /** Full hash of the commit that is checked out. */
  readonly commit: string
  /** Path of the folder below the top of the work tree as bytes (latin1), with `/` at its end; empty at the top. */
  readonly prefix: string
}

/** Which folder to look at. */
export interface HeadRequest {
  readonly path: string
  readonly environment: Environment
  readonly signal?: AbortSignal | undefined
}

/**
 * The commit that is checked out in the work tree around a folder.
 * @throws FuseSearchError `repository-missing` outside a repository and before its first commit;
 * `repository-unreadable` and others as `repositoryAt`.
 */
export async function headAt({ path, environment, signal }: HeadRequest): Promise<WorkTreeHead> {
  const found = await discover(path, true)
  if (found === undefined) throw noCommit(path, 'it is not in a git repository')
  const repository = repositoryOf(found, { name: path, environment })
  const command = ['rev-parse', '--verify', 'HEAD^{commit}']
  const { exitCode, stdout, stderr } = await runIn(repository, { arguments: command, signal })
  if (exitCode !== 0) throw noCommit(path, firstLine(stderr))
  const commit = stdout.toString('latin1').trim()
  if (!isObjectId(commit)) throw noAnswer(command)
  const inside = relative(found.top, await realpath(path)).replaceAll(sep, '/')
  return { repository, commit, prefix: inside === '' ? '' : `${Buffer.from(inside).toString('latin1')}/` }
}

/**
 * Whether a folder lies in a git repository, by the files alone.
 * @throws FuseSearchError as {@link headAt} where it does and git must not be run there.
 */
export async function isInRepository(path: string): Promise<boolean> {
  return (await discover(path, true)) !== undefined
}

function noCommit(path: string, why: string): FuseSearchError {
  const fact = `No commit is checked out at ${path} (${why})`
  const message = `${fact}. Search a git repository that has a commit, or leave the history out.`
  return new FuseSearchError(message, { code: 'repository-missing' })
}
