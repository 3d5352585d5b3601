import { FuseSearchError } from '../core/index.ts'
import { howToFetch } from './blobs.ts'
import { fetchObjects } from './clone.ts'
import type { ObjectReader } from './objects.ts'
import { runIn } from './repository.ts'

/** Reads files of one commit without a snapshot. */
export interface FilesAtCommit {
  readonly commit: string
  /** The text as UTF-8, wrong bytes replaced; undefined when the commit holds no such file. */
  readFile(path: string): Promise<string | undefined>
}

/**
 * The files of a commit (full hash), read through a shared reader.
 * `readFile` throws FuseSearchError `snapshot-failed` for a file whose contents the clone lacks.
 */
export function filesAtCommit(reader: ObjectReader, commit: string): FilesAtCommit {
  const { repository } = reader
  return {
    commit,
    async readFile(path) {
      const found = await reader.read(`${commit}:${path}`)
      if (found !== undefined) return found.type === 'blob' ? found.bytes.toString('utf8') : undefined
      // Git reports both an unknown path and unfetched contents as missing; the tree tells which it is.
      const listed = await runIn(repository, { arguments: ['ls-tree', '-z', '--full-tree', commit, '--', path] })
      const oid = /^\d+ blob ([0-9a-f]+)\t/.exec(listed.stdout.toString('latin1'))?.[1]
      if (oid === undefined) return undefined
      if (repository.fetchUrl !== undefined) await fetchObjects(repository, [oid])
      const fetched = repository.fetchUrl === undefined ? undefined : await reader.read(oid)
      if (fetched !== undefined) return fetched.bytes.toString('utf8')
      const message = `${repository.name}@${commit} lacks the contents of ${path}. ${howToFetch(repository)}.`
      throw new FuseSearchError(message, { code: 'snapshot-failed' })
    },
  }
}
