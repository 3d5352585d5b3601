import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'

/** Writes beside and renames, so that a kill leaves a file whole or as it was; makes its folder. Throws `write-failed`. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await attempt(file, async () => {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  })
}

/** Makes a folder with those above it. Throws `write-failed`. */
export async function makeFolder(folder: string): Promise<void> {
  await attempt(folder, () => mkdir(folder, { recursive: true }))
}

async function attempt(place: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (cause) {
    const fact = cause instanceof Error ? cause.message : String(cause)
    const message = `${place} could not be written: ${fact}. Mend that or give another --out folder; the same command goes on from the last whole checkpoint.`
    throw new FuseSearchError(message, { code: 'write-failed', cause })
  }
}
