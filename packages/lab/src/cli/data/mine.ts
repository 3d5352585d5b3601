import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { DefineContext, ExitCode, Terminal } from 'fusesearch/cli'
import { gather, toShownText, wholeNumber } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { firstParentLine, originName, type Repository, repositoryAt, resolveCommit } from 'fusesearch/git'
import {
  MAX_COMMITS,
  mineSamples,
  refuseEvaluation,
  refuseEvaluationHistory,
  type Sample,
  Tally,
} from '../../training/index.ts'
import { excludeOption, readExclusions } from './exclusions.ts'
import { showProgress, writeSamples } from './samples.ts'
import { refuseOverwriting } from './write.ts'

const HELP_AFTER = `
The name owner/name, by which evaluation repositories are refused, comes from the remote "origin"; say
--repo owner/name=DIR where there is none, or another.

Exit codes: 0 done, 1 no commit gave a sample, 2 an error, or a repository of an evaluation set.`

interface MineFlags {
  readonly repo: readonly string[]
  readonly out: string
  readonly manifest?: string
  readonly exclude: readonly string[]
  readonly since?: string
  readonly until: string
  readonly limit: number
  readonly keepAdditions: boolean
}

/** Adds `data mine`. */
export function defineMine(command: Command, { terminal, action }: DefineContext): void {
  command
    .command('mine')
    .summary('samples from the commits of a repository')
    .description('Turns commits that read like issues, and merged pull requests, into samples. Nothing is fetched.')
    .requiredOption('--repo <dir>', 'a git repository, or owner/name=DIR; may be given several times', gather)
    .requiredOption('--out <file>', 'where the samples go, a JSON line each')
    .option('--manifest <file>', 'where counts, digests and the names of what was dropped go')
    .option('--since <date>', 'leave out commits before this day, YYYY-MM-DD in UTC', date)
    .option('--until <commit>', 'read this commit and its ancestors alone', 'HEAD')
    .option('--limit <n>', 'samples of each repository at most, the newest', wholeNumber(1), 1000)
    .addOption(excludeOption())
    .option('--keep-additions', 'keep changes that add files or functions, which the paper drops', false)
    .addHelpText('after', HELP_AFTER)
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
    'Samples of these would spoil final numbers; mine others',
  )
  for (const { repo, repository, until } of named) {
    const line = await firstParentLine(repository, until, signal)
    refuseEvaluationHistory(repo, line.at(-1) ?? until)
  }
  const tally = new Tally()
  const samples: Sample[] = []
  const histories: { repo: string; until: string; commits: number }[] = []
  for (const [index, { repo, repository, until }] of named.entries()) {
    showProgress(`${index}/${named.length} ${repo}`, terminal)
    const { since, limit, keepAdditions: keepsAdditions } = flags
    const sinceS = since === undefined ? undefined : dayS(since)
    const mined = await mineSamples({ repository, repo, until, sinceS, limit, keepsAdditions, tally, signal })
    for (const sample of mined.samples) samples.push(sample)
    histories.push({ repo, until, commits: mined.commits })
    if (mined.isCut)
      stderr.write(`fusesearch: ${toShownText(repo)}: stopped after ${MAX_COMMITS} commits; go on with --until\n`)
  }
  const run = { command: 'data mine', options: optionsOf(flags), inputs: [], flags }
  return writeSamples({ ...run, samples, tally, facts: { histories } }, terminal)
}

async function openNamed(place: string, until: string, terminal: Terminal): Promise<NamedRepository> {
  const { cwd, env: environment, signal } = terminal
  const [, given, folder = place] = /^([\w.-]+\/[\w.-]+)=(.+)$/s.exec(place) ?? []
  const path = resolve(cwd, folder)
  const found = await repositoryAt({ path, environment, anywhereInside: true, signal })
  const repo = given ?? (await originName(found, signal))
  if (repo === undefined) {
    const message = `${folder} has no remote origin to take a name from, so nobody can tell whether an evaluation set holds it. Say --repo owner/name=${folder}.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const repository = { ...found, name: repo }
  return { repo, repository, until: await resolveCommit(repository, until, signal) }
}

function optionsOf({ since, until, limit, exclude, keepAdditions }: MineFlags): Record<string, unknown> {
  return { since: since ?? null, until, limit, exclude, keepAdditions }
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
