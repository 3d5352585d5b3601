import { type Repository, runIn } from './repository.ts'

/** Maximum number of refs. */
const MAX_REFS = 1_000

/** Names of branches, tags and remote branches, most recently changed first; at most a thousand. */
export async function refNames(repository: Repository, signal?: AbortSignal): Promise<readonly string[]> {
  const format = ['--sort=-creatordate', '--format=%(refname:short)', `--count=${MAX_REFS}`]
  const command = ['for-each-ref', ...format, 'refs/heads', 'refs/tags', 'refs/remotes']
  const { exitCode, stdout } = await runIn(repository, { arguments: command, signal })
  return exitCode === 0 ? stdout.toString('utf8').split('\n').filter(Boolean) : []
}
