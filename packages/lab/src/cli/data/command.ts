import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { type DefineContext, type ExitCode, gather, type Terminal, toShownText, wholeNumber } from 'fusesearch/cli'
import { FuseSearchError, systemClock } from 'fusesearch/core'
import { firstParentLine, originName, type Repository, repositoryAt, resolveCommit } from 'fusesearch/git'
import { type Dataset, loadDataset } from '../../datasets/index.ts'
import { createStatusLine } from '../../report/index.ts'
import {
  importSamples,
  MAX_COMMITS,
  mineSamples,
  refuseEvaluation,
  refuseEvaluationHistory,
  type Sample,
  Tally,
} from '../../training/index.ts'
import { excludeOption, readExclusions, repositoriesOf } from '../run/dataset.ts'
import { defineSft } from './sft.ts'
import { defineSplit } from './split.ts'
import { type ManifestFile, manifestFile, refuseOverwriting, writeSamples } from './write.ts'

const HELP_AFTER = `
A sample is a line in SWE-bench's format with added "files", "functions", "kept", "language", "source" and "kind". eval,
gold and score accept files of samples like any dataset.

Examples:
  $ fusesearch data import train/*.jsonl --repos 'repos/{owner}+{name}' --out samples.jsonl --manifest samples.json
  $ fusesearch data mine --repo . --out mined.jsonl --limit 200
  $ fusesearch data split samples.jsonl --validation 0.2 --out-train train.jsonl --out-validation validation.jsonl
  $ fusesearch data sft rollouts/a rollouts/b --min-f1 0.5 --min-efficiency 0.5 --out sft.jsonl --manifest sft.json

Repositories of evaluation sets (SWE-bench Verified, Multilingual, LocBench) are refused.`

export function define(command: Command, context: DefineContext): void {
  command.addHelpText('after', HELP_AFTER)
  defineImport(command, context)
  defineMine(command, context)
  defineSplit(command, context)
  defineSft(command, context)
}

const IMPORT_HELP = `
Exit codes: 0 done, 1 no sample left, 2 an error, or a repository of an evaluation set without --skip-evaluation, 130 stopped by Ctrl-C.`

interface ImportFlags {
  readonly repos?: string
  readonly map?: string
  readonly cache?: string
  readonly out: string
  readonly manifest?: string
  readonly exclude: readonly string[]
  readonly skipEvaluation: boolean
  readonly keepAdditions: boolean
  readonly anyFile: boolean
}

/** Adds `data import`. */
export function defineImport(command: Command, { terminal, action }: DefineContext): void {
  command
    .command('import')
    .summary('samples from datasets in the format of SWE-bench or Denchmark')
    .description('Turns datasets into samples: the base commit, the issue text, the patch and what it changed.')
    .argument('<files...>', 'JSONL or Parquet in any format that eval reads')
    .requiredOption('--out <file>', 'file for the samples, JSON lines')
    .option('--manifest <file>', 'file for counts, digests and the names of dropped rows')
    .option('--repos <template>', 'where repositories are: DIR/{owner}+{name}/repo, or a URL (default: GitHub)')
    .option('--map <file>', 'JSON object from owner/name to the owner/name to use instead')
    .option('--cache <dir>', 'folder for clones (default: the user cache)')
    .addOption(excludeOption())
    .option('--skip-evaluation', 'skip and count rows of refused repositories instead of ending', false)
    .option('--keep-additions', 'keep fixes that add files or functions, which the paper drops', false)
    .option('--any-file', 'keep fixes that change no function: settings, scripts, templates, documents', false)
    .addHelpText('after', IMPORT_HELP)
    .action(action((files: readonly string[], flags: ImportFlags) => runImport(files, flags, terminal)))
}

async function runImport(files: readonly string[], flags: ImportFlags, terminal: Terminal): Promise<ExitCode> {
  const { signal } = terminal
  refuseOverwriting(terminal.cwd, { reads: files, writes: [flags.out, flags.manifest] })
  const exclusions = await readExclusions(flags.exclude, terminal)
  const inputs = await readInputs(files, terminal)
  if (!flags.skipEvaluation) {
    const repos = inputs.flatMap(({ dataset }) => dataset.instances.map(({ repo }) => repo))
    refuseEvaluation(repos, exclusions, 'Leave these rows out, or add --skip-evaluation')
  }
  const { template, map, cacheDir, environment } = await repositoriesOf({ ...flags, skipBad: true }, terminal)
  const tally = new Tally()
  const status = createStatusLine(terminal.stderr, { clock: systemClock })
  const samples = await importSamples({
    inputs,
    repositories: { template, map, cacheDir, environment },
    exclusions,
    keeps: { additions: flags.keepAdditions, anyFile: flags.anyFile },
    tally,
    signal,
    onRepository: (repo, done, all) => status.show(`${done}/${all} ${toShownText(repo)}`),
  }).finally(() => status.end())
  const read = inputs.map(({ file }) => file)
  const made = { command: 'data import', options: importOptions(flags), inputs: read, flags, samples, tally }
  return writeSamples(made, terminal)
}

/** A dataset with the name that its samples carry, and its digest. */
interface InputFile {
  readonly source: string
  readonly dataset: Dataset
  readonly file: ManifestFile
}

/** Loads the datasets of the command line; lines that aren't instances are returned separately. */
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

/** The options that affect the result, as given. */
function importOptions(flags: ImportFlags): Record<string, unknown> {
  const { repos = null, map = null, exclude, skipEvaluation, keepAdditions, anyFile } = flags
  return { repos, map, exclude, skipEvaluation, keepAdditions, anyFile }
}

const MINE_HELP = `
Evaluation repositories are refused by their name owner/name, which comes from the remote "origin". If that is missing
or wrong, give --repo owner/name=DIR.

Exit codes: 0 done, 1 no commit gave a sample, 2 an error, or a repository of an evaluation set, 130 stopped by Ctrl-C.`

interface MineFlags {
  readonly repo: readonly string[]
  readonly out: string
  readonly manifest?: string
  readonly exclude: readonly string[]
  readonly since?: string
  readonly until: string
  readonly limit: number
  readonly keepAdditions: boolean
  readonly anyFile: boolean
}

/** Adds `data mine`. */
export function defineMine(command: Command, { terminal, action }: DefineContext): void {
  command
    .command('mine')
    .summary('samples from the commits of a repository')
    .description('Turns commits that read like issues, and merged pull requests, into samples. Fetches nothing.')
    .requiredOption('--repo <dir>', 'a git repository, or owner/name=DIR; repeatable', gather)
    .requiredOption('--out <file>', 'file for the samples, JSON lines')
    .option('--manifest <file>', 'file for counts, digests and the names of dropped rows')
    .option('--since <date>', 'leave out commits before this day, YYYY-MM-DD in UTC', date)
    .option('--until <commit>', 'read only this commit and its ancestors', 'HEAD')
    .option('--limit <n>', 'maximum number of samples per repository, the newest', wholeNumber(1), 1000)
    .addOption(excludeOption())
    .option('--keep-additions', 'keep changes that add files or functions, which the paper drops', false)
    .option('--any-file', 'keep changes that change no function: settings, scripts, templates, documents', false)
    .addHelpText('after', MINE_HELP)
    .action(action((flags: MineFlags) => runMine(flags, terminal)))
}

interface NamedRepository {
  readonly repo: string
  readonly repository: Repository
  readonly until: string
}

async function runMine(flags: MineFlags, terminal: Terminal): Promise<ExitCode> {
  const { stderr, signal } = terminal
  refuseOverwriting(terminal.cwd, { reads: [], writes: [flags.out, flags.manifest] })
  const exclusions = await readExclusions(flags.exclude, terminal)
  const named: NamedRepository[] = []
  for (const place of flags.repo) named.push(await openNamed(place, flags.until, terminal))
  refuseEvaluation(
    named.map(({ repo }) => repo),
    exclusions,
    'Samples from these would make evaluation results invalid; mine others',
  )
  for (const { repo, repository, until } of named) {
    const line = await firstParentLine(repository, until, signal)
    refuseEvaluationHistory(repo, line.at(-1) ?? until)
  }
  const tally = new Tally()
  const samples: Sample[] = []
  const histories: { repo: string; until: string; commits: number }[] = []
  const status = createStatusLine(stderr, { clock: systemClock })
  for (const [index, { repo, repository, until }] of named.entries()) {
    status.show(`${index}/${named.length} ${toShownText(repo)}`)
    const { since, limit, keepAdditions, anyFile } = flags
    const sinceS = since === undefined ? undefined : dayS(since)
    const mine = mineSamples({
      repository,
      repo,
      until,
      sinceS,
      limit,
      keeps: { additions: keepAdditions, anyFile },
      tally,
      signal,
    })
    const mined = await mine.finally(() => status.end())
    for (const sample of mined.samples) samples.push(sample)
    histories.push({ repo, until, commits: mined.commits })
    if (mined.isCut)
      stderr.write(`fusesearch: ${toShownText(repo)}: stopped after ${MAX_COMMITS} commits; continue with --until\n`)
  }
  const run = { command: 'data mine', options: mineOptions(flags), inputs: [], flags }
  return writeSamples({ ...run, samples, tally, facts: { histories } }, terminal)
}

async function openNamed(place: string, until: string, terminal: Terminal): Promise<NamedRepository> {
  const { cwd, env: environment, signal } = terminal
  const [, given, folder = place] = /^([\w.-]+\/[\w.-]+)=(.+)$/s.exec(place) ?? []
  const path = resolve(cwd, folder)
  const found = await repositoryAt({ path, environment, anywhereInside: true, signal })
  const repo = given ?? (await originName(found, signal))
  if (repo === undefined) {
    const message = `${folder} has no remote origin that gives its name, so it can't be checked against the evaluation sets. Give --repo owner/name=${folder}.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const repository = { ...found, name: repo }
  return { repo, repository, until: await resolveCommit(repository, until, signal) }
}

function mineOptions({ since, until, limit, exclude, keepAdditions, anyFile }: MineFlags): Record<string, unknown> {
  return { since: since ?? null, until, limit, exclude, keepAdditions, anyFile }
}

function date(value: string): string {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(dayS(value))
  if (isDate) return value
  throw new InvalidArgumentError('Give a day such as 2020-01-31.')
}

/** The beginning of a day in seconds since 1970. */
function dayS(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000
}
