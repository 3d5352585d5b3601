import { FuseSearchError } from '../core/index.ts'
import { type Environment, runGit } from './git.ts'
import { firstLine, type Repository, runIn } from './repository.ts'

/** A commit by what it says; nothing of its contents is read. */
export interface CommitMessage {
  /** Full hash. */
  readonly id: string
  /** Full hash of the first parent; undefined for a root, and where a shallow clone ends. */
  readonly parent: string | undefined
  /** Seconds since 1970, by the committer's clock. */
  readonly committedS: number
  /** Subject and body as UTF-8. */
  readonly message: string
}

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
  readonly commits: readonly CommitMessage[]
  /** There are older ones beyond the limit. */
  readonly isCut: boolean
  /** The clone is shallow: older commits may exist, but not here. */
  readonly isShallow: boolean
}

/** Every option by which a repository's settings could add output, or run a program (`log.showSignature` does). */
const LOG_OPTIONS = [
  '-z',
  '--no-show-signature',
  '--no-notes',
  '--no-color',
  '--no-patch',
  '--no-mailmap',
  '--encoding=UTF-8',
  '--format=%H%x00%P%x00%ct%x00%B',
]
/** A default format that git does not know would make it fail, whatever is asked for. */
const LOG = ['-c', 'format.pretty=medium', 'log', ...LOG_OPTIONS]
const FIELDS = 4
/** Five thousand messages take about 1 MB. */
const MESSAGES_MAX_BYTES = 64 * 1024 * 1024

/**
 * The messages of a commit and its ancestors. No tree or blob is read, so it works in partial clones too. A field ends
 * at a NUL, and git shows a message up to its first one, so no message can pass for another commit.
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
  const commits = commitsOf(log.stdout.toString('utf8'))
  const isShallow = shallow.stdout.toString('latin1').trim() === 'true'
  return { commits: commits.slice(0, limit), isCut: commits.length > limit, isShallow }
}

function commitsOf(text: string): CommitMessage[] {
  const fields = text.split('\0')
  const commits: CommitMessage[] = []
  for (let at = 0; at + FIELDS <= fields.length; at += FIELDS) {
    const [id = '', parents = '', time = '', message = ''] = fields.slice(at, at + FIELDS)
    const parent = parents.split(' ')[0]
    commits.push({ id, parent: parent === '' ? undefined : parent, committedS: Number(time), message })
  }
  return commits
}

/** Options of the comparison of two trees: paths only, no contents. */
const PATH_OPTIONS = ['-r', '-z', '--raw', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-color']

/** What some commits changed. */
export interface ChangedPaths {
  /** By full hash: paths against the first parent, as bytes (latin1); a renamed file under both names. */
  readonly paths: ReadonlyMap<string, readonly string[]>
  /** Commits whose trees the clone lacks; they are in no map. */
  readonly missing: number
}

/**
 * The paths that commits changed, against their first parent; a merge, so, all that it brought in. A commit without a
 * parent has none. In a clone without trees the rest is left out from the first commit that needs one.
 * @throws FuseSearchError `git-failed` when git can't be run.
 */
export async function readChangedPaths(
  repository: Repository,
  commits: readonly Pick<CommitMessage, 'id' | 'parent'>[],
  signal?: AbortSignal,
): Promise<ChangedPaths> {
  const paths = new Map<string, readonly string[]>(commits.map(({ id }) => [id, []]))
  const asked = commits.filter(({ parent }) => parent !== undefined)
  if (asked.length === 0) return { paths, missing: 0 }
  const result = await runIn(repository, {
    arguments: ['diff-tree', '--stdin', '--always', ...PATH_OPTIONS],
    input: asked.map(({ id, parent }) => `${id} ${parent}\n`).join(''),
    signal,
  })
  const seen = takePaths(result.stdout.toString('latin1'), paths)
  if (result.exitCode === 0) return { paths, missing: 0 }
  // Git ends at the first tree that it lacks; that commit may have been begun, so it counts as lacking too.
  const whole = new Set(seen.slice(0, -1))
  const lost = asked.filter(({ id }) => !whole.has(id))
  for (const { id } of lost) paths.delete(id)
  return { paths, missing: lost.length }
}

/** Fills in what git printed and gives the commits that it named, in order. */
function takePaths(text: string, paths: Map<string, readonly string[]>): string[] {
  const named: string[] = []
  let changed: string[] = []
  const records = text.split('\0')
  for (let at = 0; at < records.length; at += 1) {
    const record = records[at] ?? ''
    // ":old-mode new-mode old-hash new-hash status", then the path; a commit stands alone.
    if (record.startsWith(':')) changed.push(records[++at] ?? '')
    else if (record !== '') {
      changed = []
      named.push(record)
      paths.set(record, changed)
    }
  }
  return named
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
 * @throws FuseSearchError `repository-missing` outside a repository and before its first commit; `git-missing`.
 */
export async function headAt({ path, environment, signal }: HeadRequest): Promise<WorkTreeHead> {
  const command = ['rev-parse', '--absolute-git-dir', '--show-prefix', '--verify', 'HEAD^{commit}']
  const found = await runGit({ arguments: command, directory: path, environment, signal })
  const [gitDir = '', prefix = '', commit = ''] = found.stdout.toString('latin1').split('\n')
  if (found.exitCode !== 0 || commit === '') {
    const fact = `No commit is checked out at ${path} (${firstLine(found.stderr)})`
    const message = `${fact}. Search a git repository that has a commit, or leave the history out.`
    throw new FuseSearchError(message, { code: 'repository-missing' })
  }
  return {
    repository: { name: path, gitDir: Buffer.from(gitDir, 'latin1').toString('utf8'), environment },
    commit,
    prefix,
  }
}
