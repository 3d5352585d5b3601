import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import { type ExitCode, plural, readVersion, type Terminal, toShownText } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { writeTogether } from '../../host/index.ts'
import { type Counts, FILTERS, type FilterName, type Sample, sampleLine, type Tally } from '../../training/index.ts'

/** Version of a manifest. */
const MANIFEST_VERSION = 1

/** An input or output file. */
export interface ManifestFile {
  readonly name: string
  readonly sha256: string
  readonly bytes: number
}

/** Description of a run; apart from the options as given, nothing in it depends on when or where it ran. */
interface Manifest extends Partial<Counts> {
  readonly manifest: typeof MANIFEST_VERSION
  /** The version of the program. */
  readonly version: string
  readonly command: string
  readonly options: Readonly<Record<string, unknown>>
  readonly inputs: readonly ManifestFile[]
  readonly outputs: readonly ManifestFile[]
  /** Commits that were mined, by repository. */
  readonly histories?: readonly { readonly repo: string; readonly until: string; readonly commits: number }[]
}

/** A file's entry. */
export function manifestFile(name: string, content: string | Uint8Array): ManifestFile {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  return { name, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
}

/** A text and its destination. */
interface Output {
  readonly path: string
  readonly text: string
}

/** The outputs of a command, and their description in the manifest. */
interface Written extends Pick<Manifest, 'command' | 'options' | 'inputs'> {
  readonly outputs: readonly Output[]
  /** The manifest's path; without it no manifest is written. */
  readonly manifest: string | undefined
  /** The fields of the manifest after its files. */
  readonly facts: object
}

/** Refuses to overwrite an input, and to write two texts to one path. Throws `bad-argument`. */
export function refuseOverwriting(
  cwd: string,
  { reads, writes }: { readonly reads: readonly string[]; readonly writes: readonly (string | undefined)[] },
): void {
  const taken = new Set(reads.map((path) => resolve(cwd, path)))
  for (const path of writes) {
    if (path === undefined) continue
    const place = resolve(cwd, path)
    if (taken.has(place)) {
      const message = `This command already reads or writes ${path}. Give the output another name.`
      throw new FuseSearchError(message, { code: 'bad-argument' })
    }
    taken.add(place)
  }
}

/** Writes a command's outputs and its manifest, if requested: all or nothing. Throws `write-failed`. */
export function writeWithManifest(
  cwd: string,
  { outputs, manifest: path, command, options, inputs, facts }: Written,
): void {
  const manifest: Manifest = {
    manifest: MANIFEST_VERSION,
    version: readVersion(),
    command,
    options,
    inputs,
    outputs: outputs.map((output) => manifestFile(basename(output.path), output.text)),
    ...facts,
  }
  const files = outputs.map((output) => ({ path: resolve(cwd, output.path), content: output.text }))
  const told =
    path === undefined ? [] : [{ path: resolve(cwd, path), content: `${JSON.stringify(manifest, null, 2)}\n` }]
  writeTogether([...files, ...told])
}

/** Samples, and counts of everything else that was read. */
interface MadeSamples extends Pick<Written, 'command' | 'options' | 'inputs'> {
  /** Destination of the samples, and their manifest. */
  readonly flags: { readonly out: string; readonly manifest?: string }
  readonly samples: readonly Sample[]
  readonly tally: Tally
  /** The fields of the manifest before the counts. */
  readonly facts?: object
}

/** Number of names of rows and repositories that are shown; the manifest has them all. */
const SHOWN_NAMES = 20

/** Writes samples, and reports how many there are and what was dropped. Throws like {@link writeWithManifest}. */
export async function writeSamples(made: MadeSamples, terminal: Terminal): Promise<ExitCode> {
  const { flags, samples, tally, facts, ...run } = made
  const { out, manifest } = flags
  const counts = tally.counts(samples)
  // Without a sample, an existing file stays; the manifest says why there is none.
  const outputs = samples.length === 0 ? [] : [{ path: out, text: samples.map(sampleLine).join('') }]
  writeWithManifest(terminal.cwd, { ...run, outputs, manifest, facts: { ...facts, ...counts } })
  printSkipped(counts, terminal)
  terminal.stdout.write(describeCounts(out, counts))
  return samples.length === 0 ? 1 : 0
}

/** Names on standard error what is missing, and lines that aren't instances. */
function printSkipped({ skipped }: Counts, { stderr }: Terminal): void {
  for (const { name, filter, reason } of skipped.slice(0, SHOWN_NAMES)) {
    stderr.write(`fusesearch: skipped ${toShownText(`${name} (${filter}): ${reason}`)}\n`)
  }
  const more = skipped.length - SHOWN_NAMES
  if (more > 0) stderr.write(`fusesearch: skipped ${more} more; --manifest FILE names them all\n`)
}

/** `1 sample of 1 repository`. */
export function samplesOf(samples: number, repositories: number): string {
  return `${plural(samples, 'sample')} of ${repositories} ${repositories === 1 ? 'repository' : 'repositories'}`
}

/** The result of a run, for people. */
function describeCounts(out: string, counts: Counts): string {
  const samples = Object.values(counts.repositories).reduce((sum, count) => sum + count, 0)
  const repositories = Object.keys(counts.repositories).length
  const sources = Object.entries(counts.sources).map(
    ([name, { read, written }]) => `  ${toShownText(name)}: ${written} of ${read}\n`,
  )
  const drops = Object.entries(counts.dropped).map(
    ([filter, count]) => `  ${filter}: ${count} (${FILTERS[filter as FilterName]})\n`,
  )
  const head = `${toShownText(out)}: ${samplesOf(samples, repositories)}\n${sources.join('')}`
  return drops.length === 0 ? head : `${head}dropped:\n${drops.join('')}`
}
