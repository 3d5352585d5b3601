import { existsSync, readFileSync } from 'node:fs'
import { mkdir, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FuseSearchError } from '../../core/index.ts'
import type { FilePlan } from './plan.ts'

/**
 * Writes the changes of a plan, each file atomically.
 * Throws `write-failed` for a file that changed since the diff was shown, and for write errors.
 */
export async function writePlan(folder: string, plan: readonly FilePlan[]): Promise<void> {
  for (const { path, before, merged } of plan) {
    if (merged.kind !== 'change') continue
    const place = join(folder, path)
    const now = existsSync(place) ? readFileSync(place, 'utf8') : undefined
    if (now !== before) throw failed(`${path} was edited while the diff was shown. Run the command again.`)
    const { text } = merged
    await (text === undefined ? remove(folder, place) : replace(place, text)).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw failed(`${path} can't be changed (${reason}). Check its permissions.`, cause)
    })
  }
}

async function replace(place: string, text: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true })
  // A link inside the folder stays a link: only its target changes.
  const target = existsSync(place) ? await realpath(place) : place
  const mode = existsSync(target) ? (await stat(target)).mode & 0o777 : 0o644
  const beside = `${target}.fusesearch-${process.pid}`
  await writeFile(beside, text, { mode, flag: 'wx' })
  await rename(beside, target)
}

/** Removes a file, and the folders around it that become empty. */
async function remove(folder: string, place: string): Promise<void> {
  await rm(place)
  for (let around = dirname(place); around !== folder && around.startsWith(folder); around = dirname(around)) {
    const isEmpty = await rmdir(around).then(
      () => true,
      () => false,
    )
    if (!isEmpty) return
  }
}

function failed(message: string, cause?: unknown): FuseSearchError {
  return new FuseSearchError(message, { code: 'write-failed', cause })
}
