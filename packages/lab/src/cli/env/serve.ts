import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { DefineContext, ExitCode, Terminal } from 'fusesearch/cli'
import {
  addListenOptions,
  durationMs,
  type ListenFlags,
  listenOptions,
  listenUntilStopped,
  TOKEN_HELP,
  toShownText,
  wholeNumber,
} from 'fusesearch/cli'
import { FuseSearchError, jsonLine } from 'fusesearch/core'
import { DEFAULT_ENVIRONMENT_LIMITS, type Split, startEnvironment } from '../../environment/index.ts'
import { createPreparer } from '../../evaluation/index.ts'
import { refuseEvaluation } from '../../training/index.ts'
import { excludeOption, readExclusions } from '../data/exclusions.ts'
import { addDatasetOptions, type DatasetFlags, readInstances, repositoriesOf } from '../run/repositories.ts'
import { addEpisodeFlags, type EpisodeFlags, episodeSettings } from './flags.ts'

const DEFAULT_PORT = 7466

const HELP_AFTER = `
A dataset is a split: train, or the name before "=". Sessions are at ws://HOST:PORT/ws; /openapi.json names the rest.
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
    .summary('serve episodes to a trainer: WebSocket sessions and tasks in the form of OpenEnv')
    .description('Serves episodes over the instances of datasets until it is stopped.')
    .argument('<datasets...>', 'JSONL or Parquet in SWE-bench form, or SPLIT=FILE')
  addListenOptions(addEpisodeFlags(addDatasetOptions(serve)), DEFAULT_PORT)
    .option('--max-sessions <n>', 'sessions at once', wholeNumber(1), maxSessions)
    .option('--idle-timeout <time>', `end a session without messages (default: ${idleTimeoutMs / 60_000}m)`, durationMs)
    .option('--step-timeout <time>', `give a step up after this (default: ${stepTimeoutMs / 1_000}s)`, durationMs)
    .option('--concurrency <n>', 'turns that run tools at once (default: one for each core)', wholeNumber(1))
    .option('--log <file>', 'append a JSON line for each finished episode')
    .addOption(excludeOption())
    .addHelpText('after', HELP_AFTER)
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
      throw bad(`Two datasets are the split ${name}. Name one of them, as in validation=${path}.`)
    }
    if (instances.length === 0) throw bad(`The dataset ${path} holds no instance. Give one that does.`)
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
