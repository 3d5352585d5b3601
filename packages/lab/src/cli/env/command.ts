import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { DEFAULT_MAX_BREADTH, DEFAULT_MAX_TURNS } from 'fusesearch/agent'
import {
  addListenOptions,
  breadth,
  type DefineContext,
  durationMs,
  type ExitCode,
  type ListenFlags,
  listenOptions,
  listenUntilStopped,
  share,
  type Terminal,
  TOKEN_HELP,
  TOOLS_HELP,
  toolNames,
  toShownText,
  weight,
  wholeNumber,
} from 'fusesearch/cli'
import { FuseSearchError, jsonLine } from 'fusesearch/core'
import { describeModelWords } from 'fusesearch/policies'
import { PAPER_TOOLS, type ToolName } from 'fusesearch/search'
import {
  DEFAULT_ENVIRONMENT_LIMITS,
  describeEnvironment,
  type EpisodeSettings,
  type Split,
  startEnvironment,
} from '../../environment/index.ts'
import { createPreparer } from '../../evaluation/index.ts'
import { DEFAULT_REWARD, refuseEvaluation } from '../../training/index.ts'
import {
  addDatasetOptions,
  type DatasetFlags,
  excludeOption,
  readExclusions,
  readInstances,
  repositoriesOf,
} from '../run/dataset.ts'
import { REWARDS } from '../train/flags.ts'

const HELP_AFTER = `
docs/environment.md describes the protocol, docs/train-an-llm.md how to train a model.

Examples:
  $ fusesearch env serve train.jsonl --repos 'repos/{owner}+{name}'
  $ fusesearch env serve train.jsonl validation=held-out.jsonl --repos 'repos/{owner}+{name}' --max-sessions 512
  $ fusesearch env schema > environment.json`

export function define(command: Command, context: DefineContext): void {
  command.addHelpText('after', HELP_AFTER)
  defineServe(command, context)
  defineSchema(command, context)
}

const DEFAULT_PORT = 7466

const SERVE_HELP = `
Each dataset is a split named train, or by the name before "=". Sessions are at ws://HOST:PORT/ws; /openapi.json describes
the other routes.
${TOKEN_HELP}`

interface ServeFlags extends DatasetFlags, EpisodeFlags, ListenFlags {
  readonly maxSessions: number
  readonly idleTimeout: number
  readonly stepTimeout: number
  readonly exclude: readonly string[]
  readonly log?: string
}

/** Adds `env serve`. */
export function defineServe(command: Command, { terminal, action }: DefineContext): void {
  const { maxSessions, idleTimeoutMs, stepTimeoutMs } = DEFAULT_ENVIRONMENT_LIMITS
  const serve = command
    .command('serve')
    .summary("serve episodes to a trainer: WebSocket sessions and tasks with OpenEnv's protocol")
    .description('Serves episodes over the instances of datasets until you stop it.')
    .argument('<datasets...>', "JSONL or Parquet in SWE-bench's format, or SPLIT=FILE")
  addListenOptions(addEpisodeFlags(addDatasetOptions(serve)), DEFAULT_PORT)
    .option('--max-sessions <n>', 'sessions at once', wholeNumber(1), maxSessions)
    .option('--idle-timeout <time>', `end a session without messages (default: ${idleTimeoutMs / 60_000}m)`, durationMs)
    .option(
      '--step-timeout <time>',
      `end an episode if a step takes longer (default: ${stepTimeoutMs / 1_000}s)`,
      durationMs,
    )
    .option('--concurrency <n>', 'turns that run tools at once (default: one per core)', wholeNumber(1))
    .option('--log <file>', 'append a JSON line for each finished episode')
    .addOption(excludeOption())
    .addHelpText('after', SERVE_HELP)
    .action(
      action((datasets: readonly string[], flags: ServeFlags) =>
        runServe(
          datasets,
          {
            ...flags,
            idleTimeout: flags.idleTimeout ?? idleTimeoutMs,
            stepTimeout: flags.stepTimeout ?? stepTimeoutMs,
          },
          terminal,
        ),
      ),
    )
}

async function runServe(datasets: readonly string[], flags: ServeFlags, terminal: Terminal): Promise<ExitCode> {
  const splits = await readSplits(datasets, flags, terminal)
  const repos = splits.flatMap(({ instances }) => instances.map(({ repo }) => repo))
  refuseEvaluation(repos, await readExclusions(flags.exclude, terminal), 'Leave these instances out')
  const log = flags.log === undefined ? undefined : openLog(resolve(terminal.cwd, flags.log))
  const server = await startEnvironment({
    ...listenOptions(flags, terminal, 'message'),
    splits,
    preparer: createPreparer(await repositoriesOf(flags, terminal)),
    settings: episodeSettings(flags),
    maxSessions: flags.maxSessions,
    idleTimeoutMs: flags.idleTimeout,
    stepTimeoutMs: flags.stepTimeout,
    ...(log === undefined ? {} : { onEpisode: (state) => appendFileSync(log, jsonLine(state)) }),
  })
  const counts = splits.map(({ name, instances }) => `${toShownText(name)} ${instances.length}`).join(', ')
  const sessions = `${server.url.replace(/^http/, 'ws')}/ws`
  await listenUntilStopped(server.url, `Sessions at ${sessions}; tasks: ${counts}`, terminal)
  await server.close()
  return 0
}

async function readSplits(
  datasets: readonly string[],
  flags: ServeFlags,
  terminal: Terminal,
): Promise<readonly Split[]> {
  const splits: Split[] = []
  for (const given of datasets) {
    const [, name = 'train', path = given] = /^([A-Za-z][\w-]{0,63})=(.+)$/s.exec(given) ?? []
    const instances = await readInstances(path, flags, terminal)
    if (splits.some((split) => split.name === name)) {
      throw bad(`Two datasets have the split name ${name}. Name one of them, for example validation=${path}.`)
    }
    if (instances.length === 0) throw bad(`The dataset ${path} has no instances. Give another one.`)
    splits.push({ name, instances })
  }
  return splits
}

/** Fails now rather than at the end of the first episode. */
function openLog(file: string): string {
  try {
    appendFileSync(file, '')
    return file
  } catch (cause) {
    const fact = cause instanceof Error ? cause.message : String(cause)
    throw new FuseSearchError(`The log can't be written: ${fact}. Name another with --log.`, {
      code: 'write-failed',
      cause,
    })
  }
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}

/** Adds `env schema`: the source from which a trainer's side is generated. */
export function defineSchema(command: Command, { terminal, action }: DefineContext): void {
  addEpisodeFlags(
    command
      .command('schema')
      .summary('print prompts, tools and limits of an episode as JSON')
      .description('Prints what a running server returns at /prompts.'),
  ).action(
    action(async (flags: EpisodeFlags) => {
      const settings = episodeSettings(flags)
      const words = await describeModelWords({ breadth: settings.breadth, tools: settings.tools })
      const description = describeEnvironment(words, settings)
      terminal.stdout.write(`${JSON.stringify(description, null, 2)}\n`)
      return 0
    }),
  )
}

/** Flags that define an episode. */
export interface EpisodeFlags {
  readonly maxTurns: number
  readonly maxBreadth: number
  readonly breadth: 'adaptive' | number
  readonly tools: readonly ToolName[]
  readonly reward: keyof typeof REWARDS
  readonly alpha?: number
  readonly gamma?: number
  readonly fileShare: number
  readonly maxResultTokens?: number
}

/** Adds {@link EpisodeFlags}. */
export function addEpisodeFlags(command: Command): Command {
  return command
    .option('--max-turns <n>', 'maximum number of turns, answer included', wholeNumber(1), DEFAULT_MAX_TURNS)
    .option('--max-breadth <n>', 'maximum number of calls per turn', wholeNumber(1), DEFAULT_MAX_BREADTH)
    .option('--breadth <n>', 'prompt for adaptive breadth, or for N calls per turn', breadth, 'adaptive')
    .option('--max-result-tokens <n>', 'maximum tokens of the results of a turn', wholeNumber(1))
    .option('--tools <names>', TOOLS_HELP, toolNames, PAPER_TOOLS)
    .addOption(new Option('--reward <of>', 'form of the reward').choices(Object.keys(REWARDS)).default('f1+f1e'))
    .option('--alpha <weight>', 'weight of F1 in the reward (default: by --reward)', weight)
    .option('--gamma <weight>', 'weight of F1 times e in the reward (default: by --reward)', weight)
    .option('--file-share <share>', 'weight of file F1 in F1', share, DEFAULT_REWARD.fileShare)
}

/** The settings that the flags ask for. */
export function episodeSettings(flags: EpisodeFlags): EpisodeSettings {
  const { maxTurns, maxBreadth, maxResultTokens, tools, reward, fileShare } = flags
  const { alpha = REWARDS[reward].alpha, gamma = REWARDS[reward].gamma } = flags
  const rewards = { ...DEFAULT_REWARD, ...REWARDS[reward], alpha, gamma, fileShare }
  return { maxTurns, maxBreadth, breadth: flags.breadth, maxResultTokens, tools, reward: rewards }
}
