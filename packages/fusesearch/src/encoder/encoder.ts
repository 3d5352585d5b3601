import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Semaphore } from '../core/index.ts'
import { type EngineOptions, openSession, type Session } from './engine.ts'
import type { EncoderFiles } from './known.ts'
import { packVector, type Vector } from './vector.ts'
import { openVectorCache, type VectorCache } from './vector-cache.ts'

/** Turns texts into vectors. One serves all searches of a process. */
export interface Encoder {
  /** For people. */
  readonly name: string
  /** The known encoder whose weights these are, by name. */
  readonly known?: string
  /** Names what the vectors depend on: the model, its tokenizer and how they are used. */
  readonly digest: string
  /**
   * One vector for each text, in order. Texts that were encoded before cost next to nothing. Rejects with the signal's
   * reason when it aborts, after the text at hand. Throws `model-missing` if the model or its packages don't load.
   */
  vectors(texts: readonly string[], signal: AbortSignal): Promise<readonly Vector[]>
  /** Waits until what is new is kept, and frees the model. */
  close(): Promise<void>
}

export interface EncoderOptions extends EngineOptions {
  readonly files: EncoderFiles
  /** Vectors are kept in a folder in this one; in no folder when left out. */
  readonly cacheDir?: string
}

/** Opens an encoder; the model itself is loaded with the first text that isn't known. Throws what reading its file throws. */
export async function openEncoder(options: EncoderOptions): Promise<Encoder> {
  const { files, cacheDir } = options
  const digest = await digestOf(files)
  const cache = cacheDir === undefined ? undefined : openVectorCache(join(cacheDir, 'encoder', 'vectors'), digest)
  return new SharedEncoder({ ...options, digest, cache })
}

interface Parts extends EncoderOptions {
  readonly digest: string
  readonly cache: VectorCache | undefined
}

class SharedEncoder implements Encoder {
  readonly name: string
  readonly digest: string
  readonly known?: string
  readonly #parts: Parts
  /** A session has one thread, so that texts wait for each other. */
  readonly #turn = new Semaphore({ places: 1 })
  #session: Promise<Session> | undefined
  #kept: Promise<void> = Promise.resolve()

  constructor(parts: Parts) {
    this.#parts = parts
    this.name = parts.files.name
    this.digest = parts.digest
    if (parts.files.known !== undefined) this.known = parts.files.known
  }

  async vectors(texts: readonly string[], signal: AbortSignal): Promise<readonly Vector[]> {
    const found: Vector[] = []
    const fresh: [string, Vector][] = []
    try {
      for (const text of texts) {
        signal.throwIfAborted()
        const known = await this.#parts.cache?.get(text)
        const vector = known ?? (await this.#turn.run(() => this.#encode(text), signal))
        if (known === undefined) fresh.push([text, vector])
        found.push(vector)
      }
    } finally {
      // Of an aborted search too: the next one goes on from there.
      if (fresh.length > 0) this.#kept = this.#parts.cache?.put(fresh) ?? this.#kept
    }
    return found
  }

  async #encode(text: string): Promise<Vector> {
    this.#session ??= openSession(this.#parts.files, this.#parts)
    return packVector(await (await this.#session).encode(text))
  }

  async close(): Promise<void> {
    await this.#kept
    const session = await this.#session?.catch(() => undefined)
    this.#session = undefined
    await session?.close()
  }
}

/** Pieces of a model's file that are hashed, spread over it: training changes all of them. */
const PIECES = 64
const PIECE_BYTES = 4_096

async function digestOf({ model, tokenizer, pooling, maxTokens }: EncoderFiles): Promise<string> {
  const hash = createHash('sha256').update(`1 ${pooling} ${maxTokens}`)
  for (const path of [model, tokenizer]) {
    const file = await open(path)
    try {
      const { size } = await file.stat()
      hash.update(String(size))
      for (let piece = 0; piece < PIECES; piece += 1) {
        const buffer = Buffer.alloc(PIECE_BYTES)
        const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, Math.floor((size / PIECES) * piece))
        hash.update(buffer.subarray(0, bytesRead))
      }
    } finally {
      await file.close()
    }
  }
  return hash.digest('hex').slice(0, 16)
}
