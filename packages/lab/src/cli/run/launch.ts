import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import { DEFAULT_MAX_BREADTH, DEFAULT_MAX_TURNS } from 'fusesearch/agent'
import {
  addLlmFlags,
  asksModel,
  commandLine,
  durationMs,
  ENCODER_HELP,
  type Fleet,
  type LlmFlags,
  openEncoderOf,
  openFleet,
  queueOption,
  readerOf,
  readFingerprint,
  readVersion,
  readWeights,
  refuseIdleWeights,
  refuseModelFlags,
  resolveLlm,
  shownUrl,
  type Terminal,
  TOOLS_HELP,
  toolNames,
  toShownText,
  WEIGHTS_HELP,
  wholeNumber,
} from 'fusesearch/cli'
import { FuseSearchError, systemClock } from 'fusesearch/core'
import { knownEncoder } from 'fusesearch/encoder'
import { digestReader, digestWeights, type Weights } from 'fusesearch/policies'
import { shareSettings } from 'fusesearch/queue'
import { PAPER_TOOLS, type ToolName } from 'fusesearch/search'
import type { Instance } from '../../datasets/index.ts'
import {
  createLocalRunner,
  createQueueRunner,
  createWorkerRunner,
  digestInstances,
  evaluate,
  type FinishedRun,
  type InstanceRunner,
  RUN_VERSION,
  type RunHeader,
  selectInstances,
} from '../../evaluation/index.ts'
import { describeSetup, digestBuild, digestLab, type WorkerOptions } from '../../host/index.ts'
import { createStatusLine } from '../../report/index.ts'
import { type EvalSettings, openContext, policyNamesOf } from './context.ts'
import { addDatasetOptions, type DatasetFlags, plainRepositories, readInstances } from './dataset.ts'
import { forWorkers } from './worker-settings.ts'

/** A search without a deadline is aborted after this time; one that uses a model may have to wait for it. */
const SEARCH_LIMIT_MS = 120_000
const MODEL_SEARCH_LIMIT_MS = 1_800_000
/** After its deadline a policy still answers, and the answer is checked. */
const AFTER_DEADLINE_MS = 10_000
/** Interval of progress lines in a log. */
const LOG_MS = 10_000

/** Flags of every command that runs policies on a dataset. */
export interface RunFlags extends DatasetFlags, LlmFlags {
  readonly policy: string
  readonly weights?: string
  readonly encoder?: string
  readonly jobs: number
  readonly queue?: string
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
  readonly limit?: number
  readonly sample?: number
  readonly seed: number
  readonly out: string
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly deadline?: number
  readonly limits: 'model' | 'program'
  readonly includeTests: boolean
  readonly tools: readonly ToolName[]
  readonly retryFailed: boolean
  readonly json: boolean
  readonly quiet: boolean
}

/** Adds {@link RunFlags} except `--policy`, whose meaning differs between commands. */
export function addRunFlags(command: Command): Command {
  addDatasetOptions(command.argument('<dataset>', "JSONL or Parquet in SWE-bench's format"))
    .requiredOption('-o, --out <dir>', 'folder of the run, new or to resume')
    .option('-j, --jobs <n>', 'instances at once', wholeNumber(1), 1)
    .option('--sample <n>', 'draw this many random instances, by the seed', wholeNumber(1))
    .option('--limit <n>', 'use only the first instances, of the sample if there is one', wholeNumber(1))
    .option('--seed <n>', 'seed of the sample and the policies', wholeNumber(0), 0)
    .option('--max-turns <n>', 'maximum number of turns, answer included', wholeNumber(1), DEFAULT_MAX_TURNS)
    .option('--max-breadth <n>', 'maximum number of calls per turn', wholeNumber(1), DEFAULT_MAX_BREADTH)
    .option('--deadline <time>', 'return the best answer so far of a search after this time: 500ms, 2s, 1m', durationMs)
    .addOption(
      new Option('--limits <of>', "limits of what a call shows; a language model always gets the model's limits")
        .choices(['program', 'model'])
        .default('program'),
    )
    .option('--weights <file>', WEIGHTS_HELP)
    .option('--encoder <name>', ENCODER_HELP)
    .option('--include-tests', 'rank tests like other files', false)
    .option('--tools <names>', TOOLS_HELP, toolNames, PAPER_TOOLS)
    .option('--retry-failed', 'run failed instances again when resuming', false)
    .option('--json', 'print the summary as one JSON object', false)
    .option('-q, --quiet', 'show no progress', false)
  command
    .addOption(queueOption())
    .option(
      '--requests-per-minute <n>',
      "maximum requests to the model's endpoint from all workers of --queue",
      wholeNumber(1),
    )
    .option('--tokens-per-minute <n>', 'the same for tokens, in and out', wholeNumber(1))
  return addLlmFlags(command, { fallback: 'none' })
}

/** How a command that runs policies was called. */
export interface RunCall<F extends RunFlags = RunFlags> {
  readonly dataset: string
  readonly flags: F
  /** The words after `fusesearch`. */
  readonly arguments: readonly string[]
}

/** A run to start. */
interface Launch extends RunCall {
  /** In the order of the tables. */
  readonly contestants: readonly string[]
  readonly onFinished: (run: FinishedRun) => void | Promise<void>
}

/** Runs contestants on a dataset into the folder of `--out`, or resumes the run in it. */
export async function launch(run: Launch, terminal: Terminal): Promise<void> {
  const { flags, dataset } = run
  const all = await readInstances(dataset, flags, terminal)
  const { limit, sample, seed } = flags
  const instances = selectInstances(all, { limit, sample, seed })
  const settings = await settingsOf(run, terminal)
  const team = await openTeam(flags, { settings, terminal })
  const view = flags.quiet ? undefined : createStatusLine(terminal.stderr, { clock: systemClock, logMs: LOG_MS })
  try {
    await evaluate({
      instances,
      header: await headerOf(run, { instances, settings, terminal }),
      out: settings.folder,
      retryFailed: flags.retryFailed,
      openRunners: team.openRunners,
      clock: systemClock,
      signal: terminal.signal,
      ...(view === undefined ? {} : { onProgress: (line, isLast) => view.show(line, isLast) }),
      onFinished: run.onFinished,
    })
  } finally {
    view?.end()
    await team.close()
  }
}

/** The runners of a run's instances. */
interface Team {
  readonly openRunners: (begun: RunHeader, instances: number) => readonly InstanceRunner[]
  close(): Promise<void>
}

/** The processes of this machine, or the workers of `--queue`. */
async function openTeam(flags: RunFlags, parts: Omit<RunnerParts, 'context'>): Promise<Team> {
  const { settings, terminal } = parts
  if (flags.queue !== undefined) {
    const fleet = await openLabFleet(flags.queue, flags, terminal)
    return {
      openRunners: (begun, instances) => queueRunners(fleet, begun, { ...parts, instances }),
      close: () => fleet.close(),
    }
  }
  const context = await openContext(settings, terminal.env)
  return { openRunners: () => makeRunners(flags.jobs, { ...parts, context }), close: () => context.close() }
}

/** Maximum number of instances in the queue at once: enough for any fleet, but not all of a large dataset. */
const MAX_QUEUED = 2_000

function queueRunners(
  fleet: Fleet,
  begun: RunHeader,
  { settings, terminal, instances }: Omit<RunnerParts, 'context'> & { readonly instances: number },
): InstanceRunner[] {
  const runner = createQueueRunner({
    submitter: fleet.submitter,
    settings: shareSettings('evaluate', forWorkers(settings)),
    folder: settings.folder,
    // The same for a resumed run, and for no other.
    run: JSON.stringify([begun.identity, begun.setup.startedAt]),
    signal: terminal.signal,
    onNotice: (line) => terminal.stderr.write(`fusesearch: ${toShownText(line)}\n`),
  })
  return Array.from({ length: Math.min(instances, MAX_QUEUED) }, () => runner)
}

/** Flags that describe how this machine works; with a queue, its workers have them. */
type OwnFlags = Pick<RunFlags, 'jobs' | 'repos' | 'map' | 'cache'>

/** Joins the queue of `--queue` for the lab. Throws `bad-argument` for flags that belong to the workers. */
export async function openLabFleet(queue: string, flags: OwnFlags, terminal: Terminal): Promise<Fleet> {
  const { repos, map, cache } = flags
  const given = Object.entries({
    '--repos': repos,
    '--map': map,
    '--cache': cache,
    '--jobs': flags.jobs === 1 ? undefined : flags.jobs,
  })
  const [idle] = given.filter(([, value]) => value !== undefined).map(([flag]) => flag)
  if (idle !== undefined) {
    const message = `With --queue, the workers open the repositories. Give ${idle} to \`fusesearch worker\` and leave it out here.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const fingerprint = await readFingerprint(terminal, digestLab())
  return openFleet(queue, { name: 'lab', fingerprint, terminal })
}

async function settingsOf({ flags, contestants }: Launch, terminal: Terminal): Promise<EvalSettings> {
  const repositories = await plainRepositories(flags, terminal)
  const { maxTurns, maxBreadth, limits, tools, includeTests, seed, deadline } = flags
  const policies = policyNamesOf(contestants)
  const usesModel = policies.some(asksModel)
  if (!usesModel) refuseModelFlags(flags, flags.policy)
  const llm = usesModel ? resolveLlm(flags, terminal) : null
  refuseIdleWeights(flags.weights, policies)
  const weights = (await readWeights(flags.weights, terminal.cwd)) ?? null
  const endless = llm === null ? SEARCH_LIMIT_MS : MODEL_SEARCH_LIMIT_MS
  return {
    contestants,
    maxTurns,
    maxBreadth,
    deadlineMs: deadline ?? null,
    limits,
    tools,
    includeTests,
    weights,
    encoder: await encoderOf(flags, { terminal, weights }),
    llm,
    pace: llm === null ? null : paceOf(flags),
    repositories,
    folder: resolve(terminal.cwd, flags.out),
    cwd: terminal.cwd,
    seed,
    searchLimitMs: deadline === undefined ? endless : deadline + AFTER_DEADLINE_MS,
    version: readVersion(),
    build: digestBuild(),
  }
}

/** Throws what opening it throws, so that no run begins without it; and `bad-argument` for a file, which no job may name. */
async function encoderOf(
  { encoder: name, queue }: RunFlags,
  { terminal, weights }: { readonly terminal: Terminal; readonly weights: Weights | null },
): Promise<EvalSettings['encoder']> {
  if (name === undefined) return null
  if (queue !== undefined && knownEncoder(name) === undefined) {
    const message = `With --queue, workers read with encoders that they have by name, and ${name} is a file. Name a known one: fusesearch encoder list.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const encoder = await openEncoderOf(name, terminal)
  const reader = readerOf(encoder, weights ?? undefined)
  await encoder?.close()
  return reader === undefined ? null : { name, digest: digestReader(reader) }
}

/** Null without a queue, because then nothing shares the limits. Throws `bad-argument` for limits without a queue. */
function paceOf({ queue, requestsPerMinute, tokensPerMinute }: RunFlags): EvalSettings['pace'] {
  if (queue !== undefined) {
    return { requestsPerMinute: requestsPerMinute ?? null, tokensPerMinute: tokensPerMinute ?? null }
  }
  if (requestsPerMinute === undefined && tokensPerMinute === undefined) return null
  const message =
    '--requests-per-minute and --tokens-per-minute limit the workers of a queue. Add --queue, or use fewer --jobs.'
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

interface HeaderParts {
  readonly instances: readonly Instance[]
  readonly settings: EvalSettings
  readonly terminal: Terminal
}

async function headerOf(run: Launch, { instances, settings, terminal }: HeaderParts): Promise<RunHeader> {
  const { contestants, seed, maxTurns, maxBreadth, deadlineMs, limits, tools, includeTests } = settings
  const { encoder, weights, llm, version, build } = settings
  return {
    version: RUN_VERSION,
    identity: {
      instances: digestInstances(instances),
      policies: [...contestants],
      seed,
      maxTurns,
      maxBreadth,
      deadlineMs,
      limits,
      ...(tools.includes('history') ? { tools: [...tools] } : {}),
      includeTests,
      ...(weights === null ? {} : { weights: digestWeights(weights) }),
      ...(encoder === null ? {} : { encoder: encoder.digest }),
      ...(llm === null ? {} : { llm: { ...llm, baseUrl: llm.baseUrl && shownUrl(llm.baseUrl) } }),
      build,
    },
    setup: {
      dataset: run.dataset,
      datasetName: basename(run.dataset),
      instanceCount: instances.length,
      command: commandLine(run.arguments),
      version,
      ...(await describeSetup(terminal)),
      startedAt: new Date().toISOString(),
    },
  }
}

interface RunnerParts {
  readonly settings: EvalSettings
  readonly context: Awaited<ReturnType<typeof openContext>>
  readonly terminal: Terminal
}

/**
 * One job runs in this process, and so do all jobs if every policy only waits for a model. Otherwise each job has a
 * process, because a policy's own work keeps one thread busy.
 */
export function makeRunners(jobs: number, { settings, context, terminal }: RunnerParts): InstanceRunner[] {
  if (jobs === 1 || policyNamesOf(settings.contestants).every(asksModel)) {
    return Array.from({ length: jobs }, () => createLocalRunner(context, terminal.signal))
  }
  const worker = workerOptions({ kind: 'evaluate', settings }, terminal)
  const { searchLimitMs } = settings
  return Array.from({ length: jobs }, () => createWorkerRunner({ ...worker, searchLimitMs }))
}

/** How a command starts the processes of `--jobs`; `cli/worker.ts` reads the settings. */
export function workerOptions(settings: object, { env: environment, signal }: Terminal): WorkerOptions {
  return { entry: fileURLToPath(new URL('../worker.js', import.meta.url)), settings, environment, signal }
}
