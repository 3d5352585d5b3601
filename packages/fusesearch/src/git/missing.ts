import { FuseSearchError } from '../core/index.ts'
import { howToFetch } from './blobs.ts'
import type { Repository } from './repository.ts'
import type { MissingFiles } from './snapshot-marker.ts'
import type { TreeFile } from './tree.ts'

/** A snapshot may lack this share of its files; with more missing it doesn't represent the commit. */
const MISSING_MAX_SHARE = 0.05
/** This many may be missing even if they are a larger share, */
const MISSING_ALLOWED_FILES = 20
/** but never more than this share. */
const MISSING_UPPER_SHARE = 0.5
/** Paths kept as examples. */
const MISSING_EXAMPLES = 10

/**
 * The files of a tree whose contents are missing; undefined if there are none.
 * @throws FuseSearchError `snapshot-failed` if more are missing than allowed.
 */
export function describeMissing(
  { repository, commit }: { readonly repository: Repository; readonly commit: string },
  files: readonly TreeFile[],
  missing: ReadonlySet<string>,
): MissingFiles | undefined {
  const lost = files.filter((file) => missing.has(file.oid))
  const [first] = lost
  if (first === undefined) return undefined
  const paths = lost.slice(0, MISSING_EXAMPLES).map(({ path }) => Buffer.from(path, 'latin1').toString('utf8'))
  const allowed = allowedMissing(files.length)
  if (lost.length <= allowed) return { files: lost.length, paths, firstOid: first.oid }
  const fact = `${repository.name}@${commit} lacks the contents of ${lost.length} of ${files.length} files, such as ${paths[0]}`
  const message = `${fact}; at most ${allowed} may be missing. ${howToFetch(repository)}.`
  throw new FuseSearchError(message, { code: 'snapshot-failed' })
}

/** How many of a tree's files may be missing. */
export function allowedMissing(files: number): number {
  const most = Math.max(MISSING_ALLOWED_FILES, files * MISSING_MAX_SHARE)
  return Math.floor(Math.min(most, files * MISSING_UPPER_SHARE))
}
