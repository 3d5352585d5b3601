import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { delimiter, dirname, isAbsolute } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import { findProgram, type Program, trustedFolders } from '../programs/index.ts'
import { watchMemory } from './memory.ts'
import { killGroup, killOnAbortOrExit } from './process-group.ts'

/** The caller's environment; only the variables that git needs are passed on. */
export type Environment = Readonly<Record<string, string | undefined>>

/** One run of git. */
export interface GitCommand {
  readonly arguments: readonly string[]
  /** Passed as `--git-dir`, so that git discovers nothing. */
  readonly gitDir?: string
  /** Working directory; must exist. */
  readonly directory: string
  readonly environment: Environment
  /** Folders of the repository: neither git nor what it starts or loads may be in them. */
  readonly trees: readonly string[]
  /** Lets git talk to a remote; false makes every transport, lazy fetches included, an error. */
  readonly mayFetch?: boolean
  readonly signal?: AbortSignal | undefined
}

/** A run whose output is collected. */
export interface CollectedCommand extends GitCommand {
  readonly input?: string
  readonly timeoutMs?: number
  readonly maxBytes?: number
  /** See {@link GIT_MAX_MEMORY_BYTES}; transfers have no limit. */
  readonly maxMemoryBytes?: number
  /** Receives the output in chunks instead of collecting it. */
  readonly onOutput?: (chunk: Buffer) => void
}

/** How a collected run ended. A non-zero exit code is a result, not an error: the caller interprets it. */
export interface GitResult {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Enough for every local command; transfers set their own. */
export const GIT_TIMEOUT_MS = 60_000
/** The file list of a tree of a million files has about this size. */
export const GIT_MAX_BYTES = 256 * 1024 * 1024
/** Memory of git itself: a few trees that name each other are billions of files to it, all held before it prints one. */
const GIT_MAX_MEMORY_BYTES = 512 * 1024 * 1024
const STDERR_MAX_CHARACTERS = 16_384

/** Variables of the caller that git or its transports need to work at all. */
const LOCAL_VARIABLES = ['SystemRoot', 'SYSTEMROOT', 'TMPDIR', 'TEMP', 'TMP', 'PATHEXT']
const TRANSFER_VARIABLES = [
  'HOME USERPROFILE SSH_AUTH_SOCK SSL_CERT_FILE SSL_CERT_DIR GIT_SSL_CAINFO',
  'HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy',
].flatMap((line) => line.split(' '))

/**
 * Settings that override the repository's own `config`: nothing that it names is ever run.
 * Command scope (GIT_CONFIG_COUNT) wins over the file, and git's children inherit it.
 */
const SETTINGS: readonly (readonly [string, string])[] = [
  ['safe.directory', '*'],
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.pager', 'cat'],
  ['core.askPass', ''],
  ['core.sshCommand', 'ssh -oBatchMode=yes'],
  ['core.attributesFile', '/dev/null'],
  ['credential.helper', ''],
  ['diff.external', ''],
  // Else its hint about the graft file, which is set below, would stand before each error.
  ['advice.graftFileDeprecated', 'false'],
  // Larger files are never held or compared as a whole; git's own default is 512 MB.
  ['core.bigFileThreshold', '20m'],
  ['protocol.ext.allow', 'never'],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
]

/**
 * Starts git so that nothing in the repository is run and nothing is fetched unless allowed. The caller owns the
 * process; `signal` kills it and its children, and they end with this process.
 * @throws FuseSearchError `git-missing` if there is none that may be run.
 */
export function spawnGit(command: GitCommand): ChildProcessWithoutNullStreams {
  const { environment, signal, trees } = command
  const git = findProgram('git', { searchPath: environment['PATH'], trees })
  if (git === undefined) throw gitMissing(environment)
  const where = command.gitDir === undefined ? [] : [`--git-dir=${command.gitDir}`]
  const common = ['--no-pager', '--no-replace-objects', '--literal-pathspecs']
  const child = spawn(git.path, [...where, ...common, ...command.arguments], {
    cwd: command.directory,
    env: gitEnvironment(command, git),
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    // A separate process group, so that git's children can be ended with it.
    detached: process.platform !== 'win32',
    ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' }),
  })
  killOnAbortOrExit(child, signal)
  return child
}

/**
 * Runs git to its end and collects what it prints.
 * @throws FuseSearchError `git-missing` if there is no git; `git-failed` if it exceeds the time, memory or output limit,
 * or when `signal` aborts it.
 */
export async function runGit(command: CollectedCommand): Promise<GitResult> {
  const child = spawnGit(command)
  const named = `git ${command.arguments.join(' ').slice(0, 200)}`
  const timeoutMs = command.timeoutMs ?? GIT_TIMEOUT_MS
  const maxBytes = command.maxBytes ?? GIT_MAX_BYTES
  const chunks: Buffer[] = []
  let bytes = 0
  let stderr = ''
  let stopped: string | undefined
  const stop = (why: string): void => {
    stopped ??= why
    killGroup(child)
  }
  const timer = setTimeout(
    () => stop(`took longer than ${timeoutMs / 1000} s; raise the limit or look at the disk`),
    timeoutMs,
  )
  const maxMemoryBytes = command.maxMemoryBytes ?? (command.mayFetch === true ? undefined : GIT_MAX_MEMORY_BYTES)
  if (maxMemoryBytes !== undefined)
    watchMemory(child, maxMemoryBytes, () =>
      stop(`used more than ${maxMemoryBytes} bytes of memory; the repository is too large for this command`),
    )
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) stop(`printed more than ${maxBytes} bytes; the repository is too large for this command`)
    else if (command.onOutput === undefined) chunks.push(chunk)
    else command.onOutput(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_MAX_CHARACTERS) stderr += chunk.toString('utf8')
  })
  // If git ends before it has read its input, its exit code says why.
  child.stdin.on('error', () => undefined)
  child.stdin.end(command.input ?? '')
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => resolve(code ?? -1))
    })
    if (stopped !== undefined) throw new FuseSearchError(`\`${named}\` ${stopped}.`, { code: 'git-failed' })
    return { exitCode, stdout: Buffer.concat(chunks), stderr: stderr.trim() }
  } catch (error) {
    throw asGitError(error, named)
  } finally {
    clearTimeout(timer)
  }
}

/** The git used for a searched tree, and its version. */
export interface GitVersion {
  readonly path: string
  /** `git version 2.39.5`. */
  readonly version: string
}

/**
 * Finds git and asks for its version.
 * @throws FuseSearchError `git-missing`, and `git-failed` for one that can't run or doesn't behave like git.
 */
export async function gitVersion(environment: Environment, tree: string): Promise<GitVersion> {
  const git = findProgram('git', { searchPath: environment['PATH'], trees: [tree] })
  if (git === undefined) throw gitMissing(environment)
  const where = { directory: dirname(git.path), environment, trees: [tree] }
  const { stdout } = await runGit({ ...where, arguments: ['--version'], timeoutMs: VERSION_TIMEOUT_MS })
  const version = stdout.toString('utf8').split('\n')[0]?.trim() ?? ''
  if (/^git version \d/.test(version)) return { path: git.path, version }
  throw new FuseSearchError(`${git.path} doesn't behave like git. Put git on PATH before it.`, {
    code: 'git-failed',
  })
}

const VERSION_TIMEOUT_MS = 5_000

/** Turns a failure to start or an abort into a FuseSearchError; one that is already such an error is kept. */
export function asGitError(error: unknown, named: string): unknown {
  if (!(error instanceof Error) || error instanceof FuseSearchError) return error
  return new FuseSearchError(`\`${named}\` could not run: ${error.message}.`, { code: 'git-failed', cause: error })
}

function gitMissing({ PATH = '' }: Environment): FuseSearchError {
  const isBent = PATH !== '' && PATH.split(delimiter).some((folder) => !isAbsolute(folder))
  const where = isBent ? 'Only absolute folders of PATH outside the repository count. ' : ''
  const message = `git was not found on PATH. ${where}Install git 2.30 or newer and try again.`
  return new FuseSearchError(message, { code: 'git-missing' })
}

/** The whole environment of a git process. */
function gitEnvironment(command: GitCommand, git: Program): NodeJS.ProcessEnv {
  const mayFetch = command.mayFetch === true
  const kept = mayFetch ? [...LOCAL_VARIABLES, ...TRANSFER_VARIABLES] : LOCAL_VARIABLES
  const environment: NodeJS.ProcessEnv = {
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PAGER: 'cat',
    GIT_GRAFT_FILE: '/dev/null',
    // Refuses every transport, also in versions of git without GIT_NO_LAZY_FETCH.
    GIT_ALLOW_PROTOCOL: mayFetch ? 'https:http:ssh:git:file' : 'none',
    // Transfers list everything that is missing, so a lazy fetch is never needed.
    GIT_NO_LAZY_FETCH: '1',
    GIT_CONFIG_COUNT: String(SETTINGS.length),
  }
  environment['PATH'] = git.searchPath
  const { LD_LIBRARY_PATH: libraries } = command.environment
  const trusted = trustedFolders({ searchPath: libraries, trees: command.trees })
  if (trusted !== '') environment['LD_LIBRARY_PATH'] = trusted
  for (const name of kept) {
    const value = command.environment[name]
    if (value !== undefined) environment[name] = value
  }
  for (const [index, [key, value]] of SETTINGS.entries()) {
    environment[`GIT_CONFIG_KEY_${index}`] = key
    environment[`GIT_CONFIG_VALUE_${index}`] = value
  }
  return environment
}
