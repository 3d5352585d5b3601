import { FuseSearchError } from '../core/index.ts'
import { fetchBlobs } from './blobs.ts'
import { firstLine, type Repository, runIn } from './repository.ts'

/** From the older to the newer, as full hashes. */
interface CommitPair {
  readonly from: string
  readonly to: string
}

/** Sets every option that a repository's settings could change. */
const OPTIONS = [
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--src-prefix=a/',
  '--dst-prefix=b/',
  '--full-index',
  '--find-renames=50%',
  '-l1000',
  '--diff-algorithm=myers',
  '--indent-heuristic',
  '--unified=3',
  '--ignore-submodules=all',
  '--no-relative',
]

/**
 * The unified diff between two commits (full hashes), renames found, submodules left out.
 * @throws FuseSearchError `git-failed` when contents are missing or the commits can't be read.
 */
export async function diffBetween(repository: Repository, commits: CommitPair, signal?: AbortSignal): Promise<string> {
  if (repository.fetchUrl !== undefined) await fetchChanged(repository, commits, signal)
  const command = ['diff-tree', '-r', '-p', ...OPTIONS, commits.from, commits.to, '--']
  const result = await runIn(repository, { arguments: command, signal })
  if (result.exitCode === 0) return result.stdout.toString('utf8')
  const fact = `The change from ${commits.from} to ${commits.to} in ${repository.name} can't be read`
  const message = `${fact}: ${firstLine(result.stderr)}. Fetch both commits with their contents.`
  throw new FuseSearchError(message, { code: 'git-failed' })
}

/** Our own clone has no contents at first: those on both sides of the change are fetched together. */
async function fetchChanged(repository: Repository, commits: CommitPair, signal?: AbortSignal): Promise<void> {
  const command = ['diff-tree', '-r', '-z', '--no-renames', commits.from, commits.to, '--']
  const { stdout } = await runIn(repository, { arguments: command, signal })
  const oids = new Set<string>()
  // ":old-mode new-mode old-hash new-hash status"; zeros mean no file, mode 160000 a submodule.
  for (const found of stdout.toString('latin1').matchAll(/:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) /g)) {
    const [, oldMode, newMode, oldOid = '', newOid = ''] = found
    if (oldMode !== '000000' && oldMode !== '160000') oids.add(oldOid)
    if (newMode !== '000000' && newMode !== '160000') oids.add(newOid)
  }
  await fetchBlobs(repository, [...oids], signal)
}
