import { FuseSearchError } from '../core/index.ts'
import { asGitError } from './git.ts'
import { firstLine, type Repository, runIn, spawnIn } from './repository.ts'

/** A commit as in the log; neither trees nor files are read. */
export interface LoggedCommit {
  readonly id: string
  /** Full hashes, first parent first; empty for a root, and where a shallow clone ends. */
  readonly parents: readonly string[]
  /** Seconds since 1970, by the committer's clock; NaN if a damaged commit has none. */
  readonly committedS: number
  /** Subject and body as UTF-8. */
  readonly message: string
}

/** Which commits to stream. */
export interface LogRequest {
  readonly repository: Repository
  /** Full hash; it and its ancestors are read, nothing else. */
  readonly until: string
  /** Seconds since 1970: older commits are left out, each by its committer's clock. */
  readonly sinceS?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Nobody writes a longer message by hand; such a commit is left out. */
const RECORD_MAX_CHARACTERS = 4 * 1024 * 1024

/**
 * The command for a log of messages, each record ended by a NUL. It sets every option with which a repository's
 * settings could add output, or run a program (`log.showSignature` does).
 */
export const LOG = [
  // With an unknown default format in the settings, git would fail for every command.
  '-c',
  'format.pretty=medium',
  'log',
  '-z',
  '--no-show-signature',
  '--no-notes',
  '--no-color',
  '--no-decorate',
  '--no-patch',
  '--no-mailmap',
  '--encoding=UTF-8',
  '--format=tformat:%H%n%P%n%ct%n%B',
]

/**
 * Streams a commit and its ancestors, children before parents, in an order that depends only on the history; damaged
 * ones without a time are left out. Ending the loop early ends git.
 * @throws FuseSearchError `git-failed` when the history can't be read to its end, `git-missing` without git.
 */
export async function* streamCommits(request: LogRequest): AsyncGenerator<LoggedCommit> {
  const { repository, until, sinceS = 0, signal } = request
  const child = spawnIn(repository, [...LOG, '--topo-order', until, '--'], signal)
  const ended = new Promise<{ exitCode: number; error?: unknown }>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: -1, error }))
    child.once('close', (code) => resolve({ exitCode: code ?? -1 }))
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < 4096) stderr += chunk.toString('utf8')
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end()
  try {
    child.stdout.setEncoding('utf8')
    // Git's own --since stops at the first older commit. Clocks differ, so each commit is checked here.
    for await (const commit of splitRecords(child.stdout)) if (commit.committedS >= sinceS) yield commit
    const { exitCode, error } = await ended
    if (error !== undefined) throw asGitError(error, 'git log')
    if (exitCode !== 0) throw unreadable(repository, firstLine(stderr) || `git log ended with ${exitCode}`)
  } finally {
    child.kill('SIGKILL')
  }
}

/** Records end at a NUL, which no commit object can contain, so no message can imitate another commit. */
async function* splitRecords(chunks: AsyncIterable<string>): AsyncGenerator<LoggedCommit> {
  let held = ''
  let isTooLong = false
  for await (const chunk of chunks) {
    held += chunk
    let start = 0
    for (let end = held.indexOf('\0'); end >= 0; end = held.indexOf('\0', start)) {
      const commit = isTooLong ? undefined : parseCommit(held.slice(start, end))
      isTooLong = false
      start = end + 1
      if (commit !== undefined) yield commit
    }
    held = held.slice(start)
    isTooLong ||= held.length > RECORD_MAX_CHARACTERS
    if (isTooLong) held = ''
  }
}

/** The commit of a record of {@link LOG}, without the NUL; undefined for the empty record after the last one. */
export function parseCommit(record: string): LoggedCommit | undefined {
  const found = /^([0-9a-f]{40,64})\n([0-9a-f ]*)\n(\d*)\n/.exec(record)
  if (found === null) return undefined
  const [head, id = '', parents = '', time = ''] = found
  const names = parents === '' ? [] : parents.split(' ')
  const committedS = time === '' ? Number.NaN : Number(time)
  return { id, parents: names, committedS, message: record.slice(head.length) }
}

/**
 * The commits that lead from a commit to a root by first parents alone: what landed on that branch, newest first.
 * @throws FuseSearchError `git-failed` when they can't be read.
 */
export async function firstParentLine(
  repository: Repository,
  until: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const command = ['rev-list', '--first-parent', until, '--']
  const { exitCode, stdout, stderr } = await runIn(repository, { arguments: command, signal })
  if (exitCode !== 0) throw unreadable(repository, firstLine(stderr))
  return stdout.toString('latin1').split('\n').slice(0, -1)
}

/**
 * `owner/name` from the address of the remote `origin`; undefined without one. Only the text is read.
 * @throws FuseSearchError `git-failed` if git exceeds its limits.
 */
export async function originName(repository: Repository, signal?: AbortSignal): Promise<string | undefined> {
  const command = ['config', '--local', '--get', 'remote.origin.url']
  const { stdout } = await runIn(repository, { arguments: command, signal })
  return /[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(stdout.toString('utf8').trim())?.[1]
}

function unreadable(repository: Repository, why: string): FuseSearchError {
  const message = `The history of ${repository.name} (${repository.gitDir}) can't be read: ${why}. Check it with git fsck.`
  return new FuseSearchError(message, { code: 'git-failed' })
}
