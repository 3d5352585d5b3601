import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import { DEFAULT_MAX_BREADTH, DEFAULT_MAX_TURNS } from '../../agent/index.ts'
import { FuseSearchError, systemClock } from '../../core/index.ts'
import type { Instance } from '../../datasets/index.ts'
import {
  createLocalRunner,
  createWorkerRunner,
  digestInstances,
  evaluate,
  type InstanceRunner,
  parseContestantName,
  RUN_VERSION,
  type RunHeader,
  type RunSummary,
  renderRunText,
  selectInstances,
  writeReport,
} from '../../evaluation/index.ts'
import { PAPER_TOOLS, type ToolName } from '../../tools/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { createProgressView } from '../evaluation/progress-view.ts'
import { addDatasetOptions, type DatasetFlags, readInstances, repositoriesOf } from '../evaluation/repositories.ts'
import { type EvalSettings, makeBench, RANKER_NAMES } from '../evaluation/settings.ts'
import { describeSetup, digestBuild } from '../evaluation/setup.ts'
import { durationMs, TOOLS_HELP, toolNames, wholeNumber } from '../options.ts'
import { POLICY_NAMES } from '../policy.ts'
import { toShownJson } from '../render/shown-text.ts'
import { readVersion } from '../version.ts'

const HELP_AFTER = `
Policies: ${POLICY_NAMES.join(', ')}; rankers: ${RANKER_NAMES.join(', ')} (without tests, docs and examples).
POLICY@TURNS gives one of them turns of its own: sequential@32.
The folder gets rows.jsonl, trajectories/, summary.json, report.md, report.html and figure.svg. The same command
resumes a run that was stopped; only one run may use a folder.

Examples:
  $ fusesearch eval verified.jsonl --out runs/a
  $ fusesearch eval verified.jsonl --policy embedded,sequential,bm25 --repos 'repos/{owner}+{name}' --jobs 2 --out runs/b
  $ fusesearch eval verified.jsonl --sample 20 --seed 1 --json --out runs/c

Exit codes: 0 all instances ran, 1 some failed, 2 an error.`

/** A search that has no deadline of its own is given up after this. */
const SEARCH_LIMIT_MS = 120_000
/** Beyond its deadline a policy still answers and its answer is checked. */
const AFTER_DEADLINE_MS = 10_000

interface EvalFlags extends DatasetFlags {
  readonly policy: string
  readonly jobs: number
  readonly limit?: number
  readonly sample?: number
  readonly seed: number
  readonly out: string
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly deadline?: number
  readonly limits: 'model' | 'program'
  readonly tools: readonly ToolName[]
  readonly includeTests: boolean
  readonly retryFailed: boolean
  readonly json: boolean
  readonly quiet: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addDatasetOptions(command.argument('<dataset>', 'JSONL or Parquet in SWE-bench form'))
    .requiredOption('-o, --out <dir>', 'folder of the run, new or to be resumed')
    .option('-p, --policy <names>', 'policies to run side by side, with commas between', 'embedded')
    .option('-j, --jobs <n>', 'instances at once', wholeNumber(1), 1)
    .option('--sample <n>', 'draw so many instances with the seed', wholeNumber(1))
    .option('--limit <n>', 'take the first so many instances, of the sample if there is one', wholeNumber(1))
    .option('--seed <n>', 'seed of the sample and the policies', wholeNumber(0), 0)
    .option('--max-turns <n>', 'turns at most, the answer included', wholeNumber(1), DEFAULT_MAX_TURNS)
    .option('--max-breadth <n>', 'calls a turn at most', wholeNumber(1), DEFAULT_MAX_BREADTH)
    .option('--deadline <time>', 'take the best answer of a search after this time: 500ms, 2s, 1m', durationMs)
    .addOption(new Option('--limits <of>', 'what a call may show').choices(['program', 'model']).default('program'))
    .option('--tools <names>', TOOLS_HELP, toolNames, PAPER_TOOLS)
    .option('--include-tests', 'rank tests like other files', false)
    .option('--retry-failed', 'run failed instances again when resuming', false)
    .option('--json', 'print the summary as one JSON object', false)
    .option('-q, --quiet', 'show no progress', false)
    .addHelpText('after', HELP_AFTER)
    .action(
      action((dataset: string, flags: EvalFlags, self: Command) =>
        runEval({ dataset, flags, arguments: self.parent?.args ?? [], env: terminal.env }, terminal),
      ),
    )
}

interface EvalCall {
  readonly dataset: string
  readonly flags: EvalFlags
  readonly arguments: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

async function runEval(call: EvalCall, terminal: Terminal): Promise<ExitCode> {
  const { flags, dataset } = call
  const contestants = readContestants(flags.policy)
  const all = await readInstances(dataset, flags, terminal)
  const { limit, sample, seed } = flags
  const selection = { seed, ...(limit === undefined ? {} : { limit }), ...(sample === undefined ? {} : { sample }) }
  const instances = selectInstances(all, selection)
  const settings = await settingsOf(flags, contestants, terminal)
  const view = flags.quiet ? undefined : createProgressView(terminal.stderr, systemClock)
  let summary: RunSummary | undefined
  const bench = makeBench(settings, terminal.env)
  try {
    await evaluate({
      instances,
      header: await headerOf(call, instances, settings),
      out: settings.folder,
      retryFailed: flags.retryFailed,
      runners: makeRunners(flags.jobs, { settings, bench, terminal }),
      clock: systemClock,
      signal: terminal.signal,
      ...(view === undefined ? {} : { onProgress: (progress) => view.show(progress) }),
      onFinished: (run) => {
        summary = writeReport(run)
      },
    })
  } finally {
    view?.end()
    await bench.close()
  }
  if (summary === undefined) throw new Error('a run ended without its summary')
  const text = `${renderRunText(summary)}\nReport: ${join(flags.out, 'report.html')}\n`
  terminal.stdout.write(flags.json ? `${toShownJson(summary, 2)}\n` : text)
  return summary.failed.length === 0 ? 0 : 1
}

function readContestants(text: string): readonly string[] {
  const names = [
    ...new Set(
      text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== ''),
    ),
  ]
  const known = [...POLICY_NAMES, ...RANKER_NAMES]
  const unknown = names.find((name) => !known.includes(parseContestantName(name).policy))
  if (unknown === undefined && names.length > 0) return names
  const fact = unknown === undefined ? '--policy names none' : `There is no policy "${unknown}"`
  throw new FuseSearchError(`${fact}. Take one or more of ${known.join(', ')}.`, { code: 'bad-argument' })
}

async function settingsOf(flags: EvalFlags, contestants: readonly string[], terminal: Terminal): Promise<EvalSettings> {
  const { template, map, cacheDir } = await repositoriesOf(flags, terminal)
  const { maxTurns, maxBreadth, limits, tools, includeTests, seed, deadline } = flags
  return {
    contestants,
    maxTurns,
    maxBreadth,
    deadlineMs: deadline ?? null,
    limits,
    tools,
    includeTests,
    repositories: { template: template ?? null, map: map === undefined ? null : [...map], cacheDir },
    folder: resolve(terminal.cwd, flags.out),
    seed,
    searchLimitMs: deadline === undefined ? SEARCH_LIMIT_MS : deadline + AFTER_DEADLINE_MS,
    version: readVersion(),
    build: digestBuild(),
  }
}

async function headerOf(call: EvalCall, instances: readonly Instance[], settings: EvalSettings): Promise<RunHeader> {
  const { contestants, seed, maxTurns, maxBreadth, deadlineMs, limits, tools, includeTests, version, build } = settings
  // Where the file lay is no part of what is run.
  const identified = instances.map(({ source: _source, line: _line, ...instance }) => instance)
  return {
    version: RUN_VERSION,
    identity: {
      instances: digestInstances(identified),
      policies: [...contestants],
      seed,
      maxTurns,
      maxBreadth,
      deadlineMs,
      limits,
      ...(tools.includes('history') ? { tools: [...tools] } : {}),
      includeTests,
      build,
    },
    setup: {
      dataset: call.dataset,
      datasetName: basename(call.dataset),
      instanceCount: instances.length,
      command: ['fusesearch', ...call.arguments].map(quote).join(' '),
      version,
      ...(await describeSetup(call.env)),
      startedAt: new Date().toISOString(),
    },
  }
}

interface RunnerParts {
  readonly settings: EvalSettings
  readonly bench: ReturnType<typeof makeBench>
  readonly terminal: Terminal
}

/** One job runs here; more have a process each, since the policies' own work is on one thread. */
function makeRunners(jobs: number, { settings, bench, terminal }: RunnerParts): InstanceRunner<Instance>[] {
  const { signal, env } = terminal
  if (jobs === 1) return [createLocalRunner(bench, signal)]
  const entry = fileURLToPath(new URL('../evaluation/worker.js', import.meta.url))
  const { searchLimitMs } = settings
  return Array.from({ length: jobs }, () =>
    createWorkerRunner<Instance>({ entry, settings, environment: env, searchLimitMs, signal }),
  )
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`
}
