import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { FuseSearchError } from 'fusesearch/core'
import type { Call, Observation } from 'fusesearch/search'

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** What the calls of a sample showed, kept in a file so that no run asks the same tree the same twice. */
export interface Observations {
  get(call: Call): Observation | undefined
  put(call: Call, observation: Observation): void
  /** UTF-8 bytes that the observations hold. */
  bytes(): number
  /** Writes what is new. Throws `write-failed`. */
  save(): Promise<void>
}

/** Opens the file of a sample's observations; one that isn't there or can't be read is begun anew. */
export async function openObservations(file: string): Promise<Observations> {
  const known = await readKnown(file)
  let isNew = false
  let bytes = 0
  for (const observation of known.values()) bytes += observation.bytes
  return {
    get: (call) => known.get(JSON.stringify(call)),
    put(call, observation) {
      known.set(JSON.stringify(call), observation)
      bytes += observation.bytes
      isNew = true
    },
    bytes: () => bytes,
    async save() {
      if (!isNew) return
      isNew = false
      await write(file, [...known])
    },
  }
}

async function readKnown(file: string): Promise<Map<string, Observation>> {
  try {
    return new Map(JSON.parse((await unpack(await readFile(file))).toString('utf8')) as [string, Observation][])
  } catch {
    // Not there yet, or cut off by a kill: what it held is asked again.
    return new Map()
  }
}

async function write(file: string, entries: [string, Observation][]): Promise<void> {
  const packed = await pack(JSON.stringify(entries), { level: 1 })
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(`${file}.${process.pid}.new`, packed)
    await rename(`${file}.${process.pid}.new`, file)
  } catch (cause) {
    const message = `The observations could not be written to ${file}. Free some disk and resume.`
    throw new FuseSearchError(message, { code: 'write-failed', cause })
  }
}
