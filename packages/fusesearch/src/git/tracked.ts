import { access } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import { discover } from './discover.ts'
import type { Environment } from './git.ts'
import { repositoryOf, runIn } from './repository.ts'
import { isHostile } from './tree.ts'

/**
 * Maximum number of files of one tree that are searched although an ignore file matches them; more mean a wrong ignore
 * file.
 */
const MAX_FILES = 1_000
const MAX_BYTES = 1_000_000
/** Paths of a large repository, with a letter before each. */
const MAX_INDEX_BYTES = 40_000_000
/** A search waits at most this long for git's answer. */
const TIMEOUT_MS = 1_000

/** Tracked files that a walk of the folder doesn't meet, relative to it with `/`. */
export interface UnmetFiles {
  /** An ignore file matches them; at most {@link MAX_FILES}. */
  readonly ignored: readonly string[]
  /** A sparse checkout leaves them out, so they aren't on the disk. */
  readonly absent: readonly string[]
  /** True if there is a repository whose git gave no answer in time, so that the lists may lack files. */
  readonly isUnsure: boolean
}

const NONE: UnmetFiles = { ignored: [], absent: [], isUnsure: false }

/**
 * Files below `root` that git tracks although a walk doesn't find them. Empty if there is no repository or git can't
 * list them.
 */
export async function unmetFiles(
  root: string,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<UnmetFiles> {
  try {
    const found = await discover(root, true)
    const top = found?.trees[0]
    if (found === undefined || top === undefined) return NONE
    const repository = repositoryOf(found, { name: root, environment })
    const prefix = root === top ? '' : `${relative(top, root).split(sep).join('/')}/`
    const list = async (flags: readonly string[], maxBytes: number): Promise<readonly string[]> => {
      const command = [`--work-tree=${top}`, 'ls-files', '-z', ...flags]
      const options = { maxBytes, timeoutMs: TIMEOUT_MS, signal, directory: top }
      const { exitCode, stdout } = await runIn(repository, { arguments: command, ...options })
      return exitCode === 0 ? stdout.toString('latin1').split('\0') : []
    }
    const isSparse = await access(join(found.gitDir, 'info/sparse-checkout')).then(
      () => true,
      () => false,
    )
    const [ignored, tagged] = await Promise.all([
      // A user's rules in `.git/info/exclude` don't affect a walk; only ignore files do.
      list(['--ignored', '--cached', '--exclude-per-directory=.gitignore'], MAX_BYTES),
      isSparse ? list(['-t'], MAX_INDEX_BYTES) : [],
    ])
    // `S` marks what the sparse checkout skips.
    const absent = tagged.filter((entry) => entry.startsWith('S ')).map((entry) => entry.slice(2))
    return { ...NONE, ignored: below(prefix, ignored).slice(0, MAX_FILES), absent: below(prefix, absent) }
  } catch (error) {
    // Without an answer from git, only the ignore files decide.
    const isStopped = error instanceof FuseSearchError && error.code === 'git-failed' && signal?.aborted !== true
    return { ...NONE, isUnsure: isStopped }
  }
}

/** The paths below a folder, as characters. An index is a file that anyone can write, so it may name any path. */
function below(prefix: string, paths: readonly string[]): string[] {
  const start = Buffer.from(prefix).toString('latin1')
  return paths
    .filter((path) => path.startsWith(start) && !isHostile(path))
    .map((path) => Buffer.from(path.slice(start.length), 'latin1').toString('utf8'))
}
