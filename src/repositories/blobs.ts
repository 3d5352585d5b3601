import { FuseSearchError } from '../core/index.ts'
import { fetchObjects } from './clone.ts'
import { type Repository, runIn } from './repository.ts'

/**
 * Sizes of blobs by hash, without their contents. Missing ones are fetched at once where the clone is ours.
 * @throws FuseSearchError `snapshot-failed` naming a blob that isn't there.
 */
export async function blobSizes(
  repository: Repository,
  oids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const first = await checkBlobs(repository, oids, signal)
  if (first.missing.length === 0) return first.sizes
  if (repository.fetchUrl !== undefined) {
    await fetchObjects(repository, first.missing, signal)
    const second = await checkBlobs(repository, oids, signal)
    if (second.missing.length === 0) return second.sizes
  }
  const [missing] = first.missing
  const fact = `${repository.name} lacks ${first.missing.length} file contents of this commit, the first is ${missing}`
  const next = 'Fetch them (git fetch --refetch, or a clone without --filter); nothing is fetched behind your back'
  throw new FuseSearchError(`${fact}. ${next}.`, { code: 'snapshot-failed' })
}

async function checkBlobs(
  repository: Repository,
  oids: readonly string[],
  signal?: AbortSignal,
): Promise<{ sizes: Map<string, number>; missing: string[] }> {
  const sizes = new Map<string, number>()
  const missing: string[] = []
  if (oids.length === 0) return { sizes, missing }
  const input = `${oids.join('\n')}\n`
  const command = ['cat-file', '--batch-check=%(objectname) %(objectsize)', '--buffer']
  const result = await runIn(repository, { arguments: command, input, signal })
  const lines = result.stdout.toString('latin1').split('\n')
  for (const [index, oid] of oids.entries()) {
    const size = lines[index]?.split(' ')[1]
    if (size !== undefined && /^\d+$/.test(size)) sizes.set(oid, Number(size))
    else missing.push(oid)
  }
  return { sizes, missing }
}
