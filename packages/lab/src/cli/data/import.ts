import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import type { DefineContext, ExitCode, Terminal } from 'fusesearch/cli'
import { type Dataset, loadDataset } from '../../datasets/index.ts'
import { importSamples, type ManifestFile, manifestFile, refuseEvaluation, Tally } from '../../training/index.ts'
import { repositoriesOf } from '../run/repositories.ts'
import { excludeOption, readExclusions } from './exclusions.ts'
import { showProgress, writeSamples } from './samples.ts'
import { refuseOverwriting } from './write.ts'

const HELP_AFTER = `
Exit codes: 0 done, 1 no sample is left, 2 an error, or a repository of an evaluation set without --skip-evaluation.`

interface ImportFlags {
  readonly repos?: string
  readonly map?: string
  readonly cache?: string
  readonly out: string
  readonly manifest?: string
  readonly exclude: readonly string[]
  readonly skipEvaluation: boolean
  readonly keepAdditions: boolean
}

/** Adds `data import`. */
export function defineImport(command: Command, { terminal, action }: DefineContext): void {
  command
    .command('import')
    .summary('samples from datasets of SWE-bench or Denchmark form')
    .description('Turns datasets into samples: the base commit, the issue text, the patch and what it changed.')
    .argument('<files...>', 'JSONL or Parquet in any form that eval takes')
    .requiredOption('--out <file>', 'where the samples go, a JSON line each')
    .option('--manifest <file>', 'where counts, digests and the names of what was dropped go')
    .option('--repos <template>', 'where repositories are: DIR/{owner}+{name}/repo, or a URL (default: GitHub)')
    .option('--map <file>', 'JSON object of owner/name to the owner/name that stands in for it')
    .option('--cache <dir>', 'folder for clones (default: the user cache)')
    .addOption(excludeOption())
    .option('--skip-evaluation', 'leave out rows of refused repositories, and count them, instead of ending', false)
    .option('--keep-additions', 'keep fixes that add files or functions, which the paper drops', false)
    .addHelpText('after', HELP_AFTER)
    .action(action((files: readonly string[], flags: ImportFlags) => runImport(files, flags, terminal)))
}

async function runImport(files: readonly string[], flags: ImportFlags, terminal: Terminal): Promise<ExitCode> {
  const { signal } = terminal
  refuseOverwriting(terminal.cwd, { reads: files, writes: [flags.out, flags.manifest] })
  const exclusions = await readExclusions(flags.exclude, terminal)
  const inputs = await readInputs(files, terminal)
  if (!flags.skipEvaluation) {
    const repos = inputs.flatMap(({ dataset }) => dataset.instances.map(({ repo }) => repo))
    refuseEvaluation(repos, exclusions, 'Leave these rows out, or let --skip-evaluation do it')
  }
  const { template, map, cacheDir, environment } = await repositoriesOf({ ...flags, skipBad: true }, terminal)
  const tally = new Tally()
  const samples = await importSamples({
    inputs,
    repositories: { template, map, cacheDir, environment },
    exclusions,
    keepsAdditions: flags.keepAdditions,
    tally,
    signal,
    onRepository: (repo, done, all) => showProgress(`${done}/${all} ${repo}`, terminal),
  })
  const read = inputs.map(({ file }) => file)
  const made = { command: 'data import', options: optionsOf(flags), inputs: read, flags, samples, tally }
  return writeSamples(made, terminal)
}

/** A dataset with the name that its samples carry, and its digest. */
interface InputFile {
  readonly source: string
  readonly dataset: Dataset
  readonly file: ManifestFile
}

/** Loads the datasets that were named on the command line, lines that are no instances left out and kept apart. */
async function readInputs(paths: readonly string[], { cwd }: Terminal): Promise<readonly InputFile[]> {
  const inputs: InputFile[] = []
  for (const path of paths) {
    const place = resolve(cwd, path)
    const dataset = await loadDataset(place, { skipBad: true })
    const source = basename(path).replace(/\.(?:jsonl?|parquet)$/i, '')
    inputs.push({ source, dataset, file: manifestFile(basename(path), await readFile(place)) })
  }
  return inputs
}

/** The options that decide what comes out, as they were given. */
function optionsOf({ repos, map, exclude, skipEvaluation, keepAdditions }: ImportFlags): Record<string, unknown> {
  return { repos: repos ?? null, map: map ?? null, exclude, skipEvaluation, keepAdditions }
}
