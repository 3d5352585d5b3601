import { realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { FuseSearchError } from '../core/index.ts'
import { LOG, type LoggedCommit, parseCommit } from './commit-log.ts'
import { commonDirOf, discover, readGitFile } from './discover.ts'
import type { Environment } from './git.ts'
import { firstLine, isObjectId, noAnswer, type Repository, repositoryOf, runIn } from './repository.ts'

/** Which commits to read. */
export interface CommitsRequest {
  readonly repository: Repository
  /** Full hash; it and its ancestors are read, nothing else. */
  readonly commit: string
  /** Full hashes: they and their ancestors are left out. */
  readonly without: readonly string[]
  /** Maximum number of commits, newest first. */
  readonly limit: number
  readonly signal?: AbortSignal | undefined
}

/** Commits in git's order, newest first, including merges. */
export interface ReadCommits {
  readonly commits: readonly LoggedCommit[]
  /** Parents of the commits that aren't in the list: their ids and times. */
  readonly edges: readonly LoggedCommit[]
}

/**
 * Reads commits and their messages. It reads no tree or blob, so it works in partial clones, too. Git shows a message
 * up to its first NUL, so no message can imitate another commit.
 * @throws FuseSearchError `git-failed` when the commits can't be read.
 */
export async function readCommits(request: CommitsRequest): Promise<ReadCommits> {
  const { commit, limit, repository, signal, without } = request
  const commits: LoggedCommit[] = []
  const edges: LoggedCommit[] = []
  const decoder = new StringDecoder('utf8')
  let held = ''
  const onOutput = (chunk: Buffer): void => {
    const records = `${held}${decoder.write(chunk)}`.split('\0')
    held = records.pop() ?? ''
    for (const record of records) {
      const found = parseCommit(record.slice(1))
      if (found !== undefined) (record.startsWith(EDGE) ? edges : commits).push(found)
    }
  }
  const command = [...LOG_WITH_EDGES, `--max-count=${limit}`, commit, ...without.map((id) => `^${id}`), '--']
  const { exitCode, stderr } = await runIn(repository, {
    arguments: command,
    maxBytes: MESSAGES_MAX_BYTES,
    onOutput,
    signal,
  })
  if (exitCode === 0 && commits.length === 0 && without.length === 0) throw noAnswer(['log', commit])
  if (exitCode === 0) return { commits, edges }
  const fact = `The commits before ${commit} in ${repository.name} can't be read: ${firstLine(stderr)}`
  throw new FuseSearchError(`${fact}. Check the repository with git fsck.`, { code: 'git-failed' })
}

/** Five thousand messages take about 1 MB. */
const MESSAGES_MAX_BYTES = 64 * 1024 * 1024

/** How git marks the commits at which it stopped. */
const EDGE = '-'
const LOG_WITH_EDGES = [...LOG.slice(0, -1), '--boundary', '--format=tformat:%m%H%n%P%n%ct%n%B']

/**
 * Whether the parents of a commit may change: in a shallow clone, which may be deepened, and with grafts, which replace
 * parents.
 */
export async function parentsMayChange(repository: Repository): Promise<{ isShallow: boolean; hasGrafts: boolean }> {
  const common = await commonDirOf(repository.gitDir)
  const [isShallow = false, hasGrafts = false] = await Promise.all(
    ['shallow', 'info/grafts'].map((name) =>
      stat(join(common, name)).then(
        ({ size }) => size > 0,
        () => false,
      ),
    ),
  )
  return { isShallow, hasGrafts }
}

/** The folder that all work trees of a repository share. It identifies the repository until it is moved. */
export async function sharedFolder({ gitDir }: Repository): Promise<string> {
  return realpath(await commonDirOf(gitDir))
}

/** A folder of a work tree, located in its repository. */
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
  if (found === undefined) throw noCommit(path, "it isn't in a git repository")
  const repository = repositoryOf(found, { name: path, environment })
  const commit = (await headFromFiles(found.gitDir)) ?? (await headFromGit(repository, signal))
  const inside = relative(found.top, await realpath(path)).replaceAll(sep, '/')
  return { repository, commit, prefix: inside === '' ? '' : `${Buffer.from(inside).toString('latin1')}/` }
}

const BRANCH = /^ref: (refs\/heads\/\w[\w./-]*)$/

/**
 * From HEAD and the file of its branch, which starts no process. Undefined where git keeps the branch otherwise, among
 * packed refs or in a reftable.
 */
async function headFromFiles(gitDir: string): Promise<string | undefined> {
  const head = (await readGitFile(join(gitDir, 'HEAD')))?.trimEnd() ?? ''
  if (isObjectId(head)) return head
  const [, branch = ''] = BRANCH.exec(head) ?? []
  if (branch === '' || branch.split('/').includes('..')) return undefined
  const commit = (await readGitFile(join(await commonDirOf(gitDir), branch)))?.trimEnd() ?? ''
  return isObjectId(commit) ? commit : undefined
}

async function headFromGit(repository: Repository, signal: AbortSignal | undefined): Promise<string> {
  const command = ['rev-parse', '--verify', 'HEAD^{commit}']
  const { exitCode, stdout, stderr } = await runIn(repository, { arguments: command, signal })
  if (exitCode !== 0) throw noCommit(repository.name, whyNoCommit(firstLine(stderr)))
  const commit = stdout.toString('latin1').trim()
  if (!isObjectId(commit)) throw noAnswer(command)
  return commit
}

/** git's own words for a repository before its first commit name an option of git. */
function whyNoCommit(said: string): string {
  return said === 'fatal: Needed a single revision' ? 'the repository has none yet' : said
}

/**
 * Whether a folder is in a git repository, judged only by files.
 * @throws FuseSearchError like {@link headAt} if it is and git must not be run there.
 */
export async function isInRepository(path: string): Promise<boolean> {
  return (await discover(path, true)) !== undefined
}

function noCommit(path: string, why: string): FuseSearchError {
  const fact = `No commit is checked out at ${path} (${why})`
  const message = `${fact}. Search a git repository that has a commit, or search without history.`
  return new FuseSearchError(message, { code: 'repository-missing' })
}
