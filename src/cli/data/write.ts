import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { FuseSearchError } from '../../core/index.ts'

/** A text and where it goes. */
export interface Output {
  readonly path: string
  readonly text: string
}

/**
 * Writes files whole or not at all: first all beside their places, then each moved there in one step.
 * @throws FuseSearchError `write-failed` naming the file; what stood there before stays.
 */
export async function writeOutputs(cwd: string, outputs: readonly Output[]): Promise<void> {
  const suffix = `.${randomBytes(4).toString('hex')}.partial`
  const places = outputs.map(({ path, text }) => ({ path, text, place: resolve(cwd, path) }))
  const begun: string[] = []
  try {
    for (const { path, text, place } of places) {
      await attempt(path, async () => {
        await mkdir(dirname(place), { recursive: true })
        begun.push(`${place}${suffix}`)
        await writeFile(`${place}${suffix}`, text)
      })
    }
    for (const { path, place } of places) await attempt(path, () => rename(`${place}${suffix}`, place))
  } finally {
    for (const partial of begun) await rm(partial, { force: true })
  }
}

async function attempt(path: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    const fact = error instanceof Error ? error.message : String(error)
    const message = `${path} can't be written: ${fact}. Free some space or name another place; what stood there is kept.`
    throw new FuseSearchError(message, { code: 'write-failed', cause: error })
  }
}
