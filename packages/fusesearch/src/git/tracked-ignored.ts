import { relative, sep } from 'node:path'
import { discover } from './discover.ts'
import type { Environment } from './git.ts'
import { repositoryOf, runIn } from './repository.ts'

/** Files of one tree that are searched although an ignore file matches them; more are a mistake of the ignore file. */
const MAX_FILES = 1_000
const MAX_BYTES = 1_000_000
/** A search waits no longer for git's answer. */
const TIMEOUT_MS = 1_000

/**
 * Files below `root` that git tracks although a `.gitignore` matches them, relative to it with `/`, at most
 * {@link MAX_FILES}. Empty where there is no repository or git can't tell: they are then left out as other ignored
 * files are.
 */
export async function trackedIgnored(
  root: string,
  environment: Environment,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  try {
    const found = await discover(root, true)
    const top = found?.trees[0]
    if (found === undefined || top === undefined) return []
    const repository = repositoryOf(found, { name: root, environment })
    // Rules of one's own in `.git/info/exclude` hide nothing from a walk; only those of ignore files do.
    const listing = ['ls-files', '-z', '--ignored', '--cached', '--exclude-per-directory=.gitignore']
    const command = [`--work-tree=${top}`, ...listing]
    const result = await runIn(repository, {
      arguments: command,
      maxBytes: MAX_BYTES,
      timeoutMs: TIMEOUT_MS,
      signal,
      directory: top,
    })
    if (result.exitCode !== 0) return []
    const prefix = root === top ? '' : `${relative(top, root).split(sep).join('/')}/`
    const paths = result.stdout.toString('utf8').split('\0')
    const inside = paths
      .filter((path) => path !== '' && path.startsWith(prefix))
      .map((path) => path.slice(prefix.length))
    return inside.slice(0, MAX_FILES)
  } catch {
    // Without an answer of git's the ignore files decide alone.
    return []
  }
}
