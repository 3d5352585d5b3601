import { FuseSearchError } from '../core/index.ts'
import { firstLine, type Repository, runIn } from './repository.ts'

/** Every option that a repository's settings could bend is stated. */
const OPTIONS = [
  ...['--no-ext-diff', '--no-textconv', '--no-color', '--src-prefix=a/', '--dst-prefix=b/', '--full-index'],
  ...['--find-renames=50%', '-l1000', '--diff-algorithm=myers', '--indent-heuristic', '--unified=3'],
  ...['--ignore-submodules=all', '--no-relative'],
]

/**
 * The unified diff between two commits (full hashes), renames found, submodules left out.
 * @throws FuseSearchError `git-failed` when contents are missing or the commits can't be read.
 */
export async function diffBetween(
  repository: Repository,
  commits: { readonly from: string; readonly to: string },
  signal?: AbortSignal,
): Promise<string> {
  const command = ['diff-tree', '-r', '-p', ...OPTIONS, commits.from, commits.to, '--']
  const result = await runIn(repository, { arguments: command, signal })
  if (result.exitCode === 0) return result.stdout.toString('utf8')
  const fact = `The change from ${commits.from} to ${commits.to} in ${repository.name} can't be read`
  const message = `${fact}: ${firstLine(result.stderr)}. Fetch both commits with their contents.`
  throw new FuseSearchError(message, { code: 'git-failed' })
}
