import type { ExitCode, Terminal } from 'fusesearch/cli'
import { plural, toShownText } from 'fusesearch/cli'
import { type Counts, FILTERS, type FilterName, type Sample, sampleLine, type Tally } from '../../training/index.ts'
import { type Written, writeWithManifest } from './write.ts'

/** Samples, and what became of everything else that was read. */
export interface MadeSamples extends Pick<Written, 'command' | 'options' | 'inputs'> {
  /** Where the samples go, and their manifest. */
  readonly flags: { readonly out: string; readonly manifest?: string }
  readonly samples: readonly Sample[]
  readonly tally: Tally
  /** What the manifest tells before the counts. */
  readonly facts?: object
}

/** Names of rows and repositories that are shown; the manifest has them all. */
const SHOWN_NAMES = 20

/** Writes samples, and tells how many there are and what was dropped. Throws as {@link writeWithManifest}. */
export async function writeSamples(made: MadeSamples, terminal: Terminal): Promise<ExitCode> {
  const { flags, samples, tally, facts, ...run } = made
  const { out, manifest } = flags
  showProgress('', terminal)
  const counts = tally.counts(samples)
  // Without a sample what stood there stays; the manifest says why there is none.
  const outputs = samples.length === 0 ? [] : [{ path: out, text: samples.map(sampleLine).join('') }]
  await writeWithManifest(terminal.cwd, { ...run, outputs, manifest, facts: { ...facts, ...counts } })
  tellSkipped(counts, terminal)
  terminal.stdout.write(describeCounts(out, counts))
  return samples.length === 0 ? 1 : 0
}

/** One line that is written over, where somebody looks. */
export function showProgress(text: string, { stderr }: Terminal): void {
  if (stderr.isTTY) stderr.write(`\r\u001B[K${text.replaceAll(/[^\x20-\x7E]/g, '?')}`)
}

/** Names on standard error what the world lacks, and lines that are no instances. */
function tellSkipped({ skipped }: Counts, { stderr }: Terminal): void {
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

/** What a run gave, for people. */
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
