import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { Lru } from '../core/index.ts'
import type { Vector } from './vector.ts'

/** Vectors of texts that were encoded before, by the hash of the text. */
export interface VectorCache {
  get(text: string): Promise<Vector | undefined>
  /** Keeps the vectors. Resolves when they are on the disk, or can't be written: a cache that is lost costs time only. */
  put(entries: readonly (readonly [text: string, vector: Vector])[]): Promise<void>
}

/** Vectors of a file at most; there are 256 files, so that a model has 65,536 of some 400 bytes. */
const MAX_OF_FILE = 256
/** Models whose vectors are kept; those of the one that was used least recently go. */
const MAX_MODELS = 3
const MAX_IN_MEMORY = 16_384
const KEY_BYTES = 16
const HEAD_BYTES = 8

/**
 * Opens the cache of one model in a folder that several processes may use. Each file is replaced whole, and one that is
 * damaged counts as empty.
 */
export function openVectorCache(folder: string, model: string): VectorCache {
  const home = join(folder, model)
  const memory = new Lru<string, Vector>({ maxEntries: MAX_IN_MEMORY })
  const seen = new Map<string, Promise<void>>()
  let writing = Promise.resolve()

  const load = async (name: string): Promise<void> => {
    for (const [key, vector] of await readShard(join(home, name))) memory.set(key, vector)
  }
  const write = async (name: string, entries: readonly Entry[]): Promise<void> => {
    const file = join(home, name)
    const fresh = new Map(entries)
    const older = (await readShard(file)).filter(([key]) => !fresh.has(key))
    await writeShard(file, [...fresh, ...older].slice(0, MAX_OF_FILE))
  }
  return {
    async get(text) {
      const key = keyOf(text)
      const name = shardOf(key)
      const loading = seen.get(name) ?? load(name)
      seen.set(name, loading)
      await loading
      return memory.get(key)
    },
    put(entries) {
      const byShard = new Map<string, Entry[]>()
      for (const [text, vector] of entries) {
        const key = keyOf(text)
        memory.set(key, vector)
        byShard.set(shardOf(key), [...(byShard.get(shardOf(key)) ?? []), [key, vector]])
      }
      const written = writing.then(async () => {
        for (const [name, some] of byShard) await write(name, some)
        await dropOldest(folder)
      })
      // A folder that can't be written is no failure of a search.
      writing = written.catch(() => undefined)
      return writing
    },
  }
}

type Entry = readonly [key: string, vector: Vector]

function keyOf(text: string): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 2 * KEY_BYTES)
}

function shardOf(key: string): string {
  return `${key.slice(0, 2)}.vectors`
}

/** A file: check sum of what follows, width of a vector, number of vectors; then key and vector of each. */
async function readShard(file: string): Promise<readonly Entry[]> {
  const bytes = await readFile(file).catch(() => undefined)
  if (bytes === undefined || bytes.length < HEAD_BYTES) return []
  const [width, count] = [bytes.readUInt16LE(4), bytes.readUInt16LE(6)]
  const size = KEY_BYTES + width
  if (bytes.length !== HEAD_BYTES + count * size || bytes.readUInt32LE(0) !== crc32(bytes.subarray(4))) return []
  return Array.from({ length: count }, (_, index): Entry => {
    const at = HEAD_BYTES + index * size
    // A copy, so that no vector keeps the whole file in memory.
    return [
      bytes.toString('hex', at, at + KEY_BYTES),
      Int8Array.from(bytes.subarray(at + KEY_BYTES, at + size), signed),
    ]
  })
}

function signed(byte: number): number {
  return byte > 127 ? byte - 256 : byte
}

async function writeShard(file: string, entries: readonly Entry[]): Promise<void> {
  const width = entries[0]?.[1].length ?? 0
  const alike = entries.filter(([, vector]) => vector.length === width)
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt16LE(width, 4)
  head.writeUInt16LE(alike.length, 6)
  const bytes = Buffer.concat([
    head,
    ...alike.flatMap(([key, vector]) => [Buffer.from(key, 'hex'), Buffer.from(vector)]),
  ])
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  await mkdir(dirname(file), { recursive: true })
  const part = `${file}.${randomUUID()}.part`
  try {
    await writeFile(part, bytes)
    await rename(part, file)
  } finally {
    await rm(part, { force: true })
  }
}

async function dropOldest(folder: string): Promise<void> {
  const names = await readdir(folder)
  if (names.length <= MAX_MODELS) return
  const aged = await Promise.all(names.map(async (name) => ({ name, ms: (await stat(join(folder, name))).mtimeMs })))
  aged.sort((a, b) => b.ms - a.ms)
  for (const { name } of aged.slice(MAX_MODELS)) await rm(join(folder, name), { recursive: true, force: true })
}
