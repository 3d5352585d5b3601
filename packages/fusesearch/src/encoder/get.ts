import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FuseSearchError, joinSignals } from '../core/index.ts'
import { type KnownEncoder, type KnownFile, weightsFolder } from './known.ts'

/** Where the weights come from: a folder of this machine, or an address under which the files lie by their names. */
export type WeightsSource =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'address'; readonly url: string }

export interface GetOptions {
  readonly known: KnownEncoder
  readonly source: WeightsSource
  /** The weights go into a folder in this one. */
  readonly cacheDir: string
  readonly signal: AbortSignal
  /** Told of the bytes of a file that are there, and of how many there will be. */
  readonly onProgress?: (file: string, bytes: number, of: number) => void
}

/** What was got. */
export interface Fetched {
  readonly folder: string
  /** Files that were there already, whole. */
  readonly kept: readonly string[]
  readonly got: readonly string[]
}

/** The connection is given up if nothing comes for so long. */
const SILENCE_MS = 60_000

/**
 * Puts the weights of a known encoder into the cache folder, each file by its size and SHA-256 or not at all. A download
 * that was cut off goes on where it stopped.
 * Throws FuseSearchError: `bad-argument` (an address that isn't HTTPS, a folder without the files), `model-unreachable`,
 * `model-refused` (other bytes than the known ones), `write-failed`.
 */
export async function getEncoder(options: GetOptions): Promise<Fetched> {
  const { known, source, cacheDir } = options
  const folder = weightsFolder(cacheDir)
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw failure(
      'write-failed',
      `The folder ${folder} can't be made: ${reasonOf(error)}. Name another with FUSESEARCH_CACHE.`,
      error,
    )
  })
  const [kept, got]: [string[], string[]] = [[], []]
  for (const file of [known.model, known.tokenizer]) {
    const place = join(folder, file.name)
    if (await isFile(place, file)) {
      kept.push(place)
      continue
    }
    const part = `${place}.part`
    if (source.kind === 'folder') await copyFile(await findIn(source.path, file), part)
    else await download(addressOf(source.url, file), part, { ...options, file })
    if (!(await isFile(part, file))) {
      await rm(part, { force: true })
      const from = source.kind === 'folder' ? source.path : source.url
      throw failure(
        'model-refused',
        `${file.name} from ${from} isn't the file that was measured: its size or SHA-256 differs. Take it from another place.`,
      )
    }
    await rename(part, place)
    got.push(place)
  }
  return { folder, kept, got }
}

/** Whether the file is there with the known size and hash. */
export async function isFile(path: string, { bytes, sha256 }: KnownFile): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() !== true || found.size !== bytes) return false
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex') === sha256
}

/** The file of a folder, whatever its name there; `path` may also be a file in the folder. */
async function findIn(path: string, file: KnownFile): Promise<string> {
  const found = await stat(path).catch(() => undefined)
  const folder = found?.isFile() === true ? dirname(path) : path
  for (const name of await readdir(folder).catch(() => [])) {
    const place = join(folder, name)
    if (await isFile(place, file)) return place
  }
  throw failure(
    'bad-argument',
    `${folder} holds no file of ${file.bytes} bytes with the SHA-256 ${file.sha256}, which ${file.name} has. Name the folder that holds the weights.`,
  )
}

/** Plain HTTP is for this machine alone. */
function addressOf(base: string, { name }: KnownFile): URL {
  const folder = base.endsWith('/') ? base : `${base}/`
  if (!URL.canParse(name, folder))
    throw failure('bad-argument', `${base} is no address. Give one that begins with https://.`)
  const url = new URL(name, folder)
  refusePlain(url)
  return url
}

function refusePlain({ protocol, hostname, origin }: URL): void {
  if (protocol === 'https:') return
  if (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return
  throw failure(
    'bad-argument',
    `Weights come over HTTPS, and ${origin} isn't that. Give an address that begins with https://.`,
  )
}

interface Download extends GetOptions {
  readonly file: KnownFile
}

async function download(url: URL, part: string, options: Download): Promise<void> {
  const { file, signal } = options
  const begun = (await stat(part).catch(() => undefined))?.size ?? 0
  const from = begun < file.bytes ? begun : 0
  const quiet = watchSilence(signal)
  try {
    const response = await fetch(url, { signal: quiet.signal, headers: from === 0 ? {} : { range: `bytes=${from}-` } })
    refusePlain(new URL(response.url))
    if (!response.ok || response.body === null) {
      await response.body?.cancel()
      throw failure(
        'model-unreachable',
        `${url.origin} answers ${response.status} for ${file.name}. Give the address of a folder that holds it.`,
      )
    }
    // A server that can't go on begins again.
    const isContinued = response.status === 206 && startOf(response) === from
    const out = await open(part, isContinued ? 'r+' : 'w')
    let at = isContinued ? from : 0
    try {
      for await (const chunk of response.body) {
        quiet.heard()
        await out.write(chunk, 0, chunk.length, at)
        at += chunk.length
        options.onProgress?.(file.name, at, file.bytes)
        // More than the known file has is another file: the hash will say so.
        if (at > file.bytes) return
      }
    } finally {
      await out.close()
    }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof FuseSearchError) throw error
    throw failure(
      'model-unreachable',
      `${file.name} could not be had from ${url.origin}: ${reasonOf(error)}. The same command goes on from there.`,
      error,
    )
  } finally {
    quiet.close()
  }
  const { size } = await stat(part)
  if (size >= file.bytes) return
  throw failure(
    'model-unreachable',
    `${url.origin} ended after ${size} of ${file.bytes} bytes of ${file.name}. The same command goes on from there.`,
  )
}

function startOf(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1] ?? Number.NaN)
}

/** A signal that also aborts after a long silence. */
function watchSilence(outer: AbortSignal): { readonly signal: AbortSignal; heard(): void; close(): void } {
  const joined = joinSignals([outer])
  const late = (): void => joined.abort(new Error(`nothing came for ${SILENCE_MS / 1_000} s`))
  let timer = setTimeout(late, SILENCE_MS)
  return {
    signal: joined.signal,
    heard() {
      clearTimeout(timer)
      timer = setTimeout(late, SILENCE_MS)
    },
    close() {
      clearTimeout(timer)
      joined.close()
    },
  }
}

function failure(
  code: 'bad-argument' | 'model-refused' | 'model-unreachable' | 'write-failed',
  message: string,
  cause?: unknown,
): FuseSearchError {
  return new FuseSearchError(message, { code, cause })
}

function reasonOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined }
  const inner = cause instanceof Error ? cause.message : message
  return (inner.split('\n')[0] ?? '').replace(/\.$/, '')
}
