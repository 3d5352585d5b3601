import { FuseSearchError } from '../core/index.ts'
import { fetchObjects } from './clone.ts'
import { firstLine, type Repository, runIn } from './repository.ts'

/** The blobs of a commit's tree, by hash. */
export interface TreeBlobs {
  /** A full hash. */
  readonly commit: string
  readonly oids: readonly string[]
}

/** The part of a tree that a repository has. */
export interface HeldBlobs {
  /** Bytes by hash. */
  readonly sizes: ReadonlyMap<string, number>
  readonly missing: ReadonlySet<string>
}

/**
 * Sizes of a tree's blobs, without their contents, and the missing blobs. In our own clone the missing ones are fetched
 * first, in one transfer; in any other repository nothing is fetched.
 * @throws FuseSearchError `git-failed` when that transfer fails, `snapshot-failed` when the tree can't be walked.
 */
export async function blobSizes(repository: Repository, tree: TreeBlobs, signal?: AbortSignal): Promise<HeldBlobs> {
  const held = await lookUp(repository, tree, signal)
  if (held.missing.size === 0 || repository.fetchUrl === undefined) return held
  await fetchObjects(repository, [...held.missing], signal)
  return lookUp(repository, tree, signal)
}

/** Fetches the missing blobs into a clone of ours, in one transfer. */
export async function fetchBlobs(repository: Repository, oids: readonly string[], signal?: AbortSignal): Promise<void> {
  const { missing } = await checkBlobs(repository, oids, signal)
  if (missing.size > 0) await fetchObjects(repository, [...missing], signal)
}

/** The next step for contents that a repository lacks. */
export function howToFetch({ gitDir }: Repository): string {
  const command = `git --git-dir=${gitDir} fetch --refetch --no-filter`
  return `Fetch them (${command}) or use a clone made without --filter; FuseSearch fetches nothing by itself`
}

async function lookUp(repository: Repository, tree: TreeBlobs, signal?: AbortSignal): Promise<HeldBlobs> {
  const first = await checkBlobs(repository, tree.oids, signal)
  if (!first.isCut) return first
  // In a partial clone git ends at the first object that it may not fetch; the walk lists all of them.
  const missing = await walkMissing(repository, tree.commit, signal)
  const { sizes, isCut } = await checkBlobs(
    repository,
    tree.oids.filter((oid) => !missing.has(oid)),
    signal,
  )
  if (!isCut) return { sizes, missing }
  throw notWalked(repository, tree.commit, 'git cat-file ended early')
}

/** Hashes below a commit's tree that are missing. */
async function walkMissing(repository: Repository, commit: string, signal?: AbortSignal): Promise<Set<string>> {
  const command = ['rev-list', '--objects', '--no-object-names', '--missing=print', `${commit}^{tree}`]
  const { exitCode, stdout, stderr } = await runIn(repository, { arguments: command, signal })
  if (exitCode !== 0) throw notWalked(repository, commit, firstLine(stderr))
  return new Set([...stdout.toString('latin1').matchAll(/^\?([0-9a-f]+)$/gm)].map(([, oid = '']) => oid))
}

async function checkBlobs(
  repository: Repository,
  oids: readonly string[],
  signal?: AbortSignal,
): Promise<{ sizes: Map<string, number>; missing: Set<string>; isCut: boolean }> {
  const sizes = new Map<string, number>()
  const missing = new Set<string>()
  if (oids.length === 0) return { sizes, missing, isCut: false }
  const input = `${oids.join('\n')}\n`
  const command = ['cat-file', '--batch-check=%(objectname) %(objectsize)', '--buffer']
  const result = await runIn(repository, { arguments: command, input, signal })
  const lines = result.stdout.toString('latin1').split('\n')
  for (const [index, oid] of oids.entries()) {
    const size = lines[index]?.split(' ')[1]
    if (size !== undefined && /^\d+$/.test(size)) sizes.set(oid, Number(size))
    else missing.add(oid)
  }
  return { sizes, missing, isCut: result.exitCode !== 0 }
}

function notWalked(repository: Repository, commit: string, why: string): FuseSearchError {
  const message = `The contents of ${repository.name}@${commit} can't be listed: ${why}. Check the repository with git fsck.`
  return new FuseSearchError(message, { code: 'snapshot-failed' })
}
