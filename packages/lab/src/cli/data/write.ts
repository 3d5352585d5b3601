import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { readVersion } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { MANIFEST_VERSION, type Manifest, manifestFile } from '../../training/index.ts'

/** A text and where it goes. */
interface Output {
  readonly path: string
  readonly text: string
}

/** What a command made, and what its manifest says of it. */
export interface Written extends Pick<Manifest, 'command' | 'options' | 'inputs'> {
  readonly outputs: readonly Output[]
  /** Where the manifest goes; without it none is written. */
  readonly manifest: string | undefined
  /** What the manifest tells after its files. */
  readonly facts: object
}

/** Refuses to write over what is read, and to write two texts to one place. Throws `bad-argument`. */
export function refuseOverwriting(
  cwd: string,
  { reads, writes }: { readonly reads: readonly string[]; readonly writes: readonly (string | undefined)[] },
): void {
  const taken = new Set(reads.map((path) => resolve(cwd, path)))
  for (const path of writes) {
    if (path === undefined) continue
    const place = resolve(cwd, path)
    if (taken.has(place)) {
      const message = `${path} is read, or written, by this command already. Give the output another name.`
      throw new FuseSearchError(message, { code: 'bad-argument' })
    }
    taken.add(place)
  }
}

/** Writes what a command made, and its manifest where one is asked for. Throws as {@link writeOutputs}. */
export async function writeWithManifest(
  cwd: string,
  { outputs, manifest: path, command, options, inputs, facts }: Written,
): Promise<void> {
  const manifest: Manifest = {
    manifest: MANIFEST_VERSION,
    version: readVersion(),
    command,
    options,
    inputs,
    outputs: outputs.map((output) => manifestFile(basename(output.path), output.text)),
    ...facts,
  }
  const told = path === undefined ? [] : [{ path, text: `${JSON.stringify(manifest, null, 2)}\n` }]
  await writeOutputs(cwd, [...outputs, ...told])
}

/**
 * Writes files whole or not at all: first all beside their places, then each moved there in one step.
 * @throws FuseSearchError `write-failed` naming the file; what stood there before stays.
 */
async function writeOutputs(cwd: string, outputs: readonly Output[]): Promise<void> {
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
