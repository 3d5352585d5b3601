import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type CommitColumns, CommitIndex } from '../history/commit-index.ts'

/**
 * Caches commits in the user's cache folder: one file per repository, shared by its work trees. A commit's message and
 * parents never change, so a file can be incomplete but never stale. Any file may be deleted at any time.
 */

/** Most bytes of all files together. */
const MAX_FOLDER_BYTES = 256_000_000
const ENDING = '.commits'

/** The cache file of a repository, named after the git folder that its work trees share. */
export function keptFile(folder: string, sharedFolder: string): string {
  const name = createHash('sha256').update(sharedFolder).digest('hex').slice(0, 32)
  return join(folder, `${name}${ENDING}`)
}

/** Loads a file; undefined if it is missing, damaged or of another version. */
export async function loadCommits(file: string): Promise<CommitIndex | undefined> {
  const bytes = await readFile(file).catch(() => undefined)
  const columns = bytes && decode(bytes)
  if (columns === undefined) return undefined
  // The modification time records the last use.
  await utimes(file, new Date(), new Date()).catch(() => undefined)
  return new CommitIndex(columns)
}

/** Writes a file atomically and keeps the folder within its limit. Does nothing if the cache can't be written. */
export async function saveCommits(file: string, index: CommitIndex): Promise<void> {
  const folder = dirname(file)
  const written = join(folder, `${randomUUID()}.tmp`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(written, encode(index.columns), { mode: 0o600 })
    await rename(written, file)
    await keepWithin(folder, file)
  } catch {
    await rm(written, { force: true }).catch(() => undefined)
  }
}

/** Removes the least recently used files, and partly written files of ended processes. */
async function keepWithin(folder: string, latest: string): Promise<void> {
  const names = await readdir(folder)
  const entries = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name))
      return { path: join(folder, name), size, mtimeMs }
    }),
  )
  let total = 0
  for (const { path, size, mtimeMs } of entries.sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    const isStale = path.endsWith('.tmp') && Date.now() - mtimeMs > STALE_MS
    total += size
    if (path !== latest && (isStale || total > MAX_FOLDER_BYTES)) await rm(path, { force: true })
  }
}

const STALE_MS = 3_600_000

const MAGIC = 0x46534331
/** Increase it with every change of how terms are counted or how the file is laid out. */
const VERSION = 1
const HEADER = 12
const WORD = 4

/** A header of numbers, the columns, and three texts, in this machine's byte order. */
function encode(columns: CommitColumns): Buffer {
  const { commits, idLength, ids, times, vocabulary, subjects } = columns
  const texts = [ids, vocabulary.join('\n'), subjects.join('\n')].map((text) => Buffer.from(text))
  const numbers = [times, ...integerColumns(columns)]
  const lengths = [times.length, columns.parents.length, columns.terms.length, vocabulary.length]
  const header = Uint32Array.from([
    MAGIC,
    VERSION,
    0,
    commits,
    idLength,
    ...lengths,
    ...texts.map(({ length }) => length),
  ])
  const body = Buffer.concat([...numbers.map(bytesOf), ...texts])
  header[CHECKSUM] = checksum(header, body)
  return Buffer.concat([bytesOf(header), body])
}

const CHECKSUM = 2

function checksum(header: Uint32Array, body: Uint8Array): number {
  return crc32(body, crc32(bytesOf(header.subarray(CHECKSUM + 1))))
}

function integerColumns(columns: CommitColumns): readonly Uint32Array[] {
  const { parentStart, parents, lengths, termStart, terms, counts } = columns
  return [parentStart, parents, lengths, termStart, terms, counts]
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

function decode(file: Buffer): CommitColumns | undefined {
  if (file.length < HEADER * WORD) return undefined
  // Copy the bytes if they aren't aligned for arrays of numbers.
  const bytes = file.byteOffset % 8 === 0 ? file : Buffer.from(new Uint8Array(file).buffer)
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, HEADER)
  const [magic, version, sum, commits = 0, idLength = 0, entries = 0, parents = 0, terms = 0, words = 0] = header
  const textBytes = [...header.subarray(HEADER - 3)]
  if (magic !== MAGIC || version !== VERSION || sum !== checksum(header, bytes.subarray(HEADER * WORD)))
    return undefined
  let at = bytes.byteOffset + HEADER * WORD
  const times = new Float64Array(bytes.buffer, at, entries)
  at += entries * 2 * WORD
  const integers = [commits + 1, parents, commits, commits + 1, terms, terms].map((length) => {
    const column = new Uint32Array(bytes.buffer, at, length)
    at += length * WORD
    return column
  })
  const [ids = '', vocabulary = '', subjects = ''] = textBytes.map((length, index) => {
    const from = at - bytes.byteOffset
    at += length
    return bytes.toString(index === 0 ? 'latin1' : 'utf8', from, from + length)
  })
  const [parentStart, parentPlaces, lengths, termStart, termNumbers, counts] = integers
  if (!parentStart || !parentPlaces || !lengths || !termStart || !termNumbers || !counts) return undefined
  return {
    commits,
    idLength,
    ids,
    times,
    parentStart,
    parents: parentPlaces,
    lengths,
    termStart,
    terms: termNumbers,
    counts,
    vocabulary: words === 0 ? [] : vocabulary.split('\n'),
    subjects: commits === 0 ? [] : subjects.split('\n'),
  }
}
