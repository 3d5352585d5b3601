import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { FuseSearchError, jsonLine } from '../../core/index.ts'
import { DEFAULT_ENVIRONMENT_LIMITS, type Split, startEnvironment } from '../../environment/index.ts'
import { createPreparer } from '../../evaluation/index.ts'
import { refuseEvaluation } from '../../training/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { excludeOption, readExclusions } from '../data/exclusions.ts'
import { addDatasetOptions, type DatasetFlags, readInstances, repositoriesOf } from '../evaluation/repositories.ts'
import { durationMs, wholeNumber } from '../options.ts'
import { toShownText } from '../render/shown-text.ts'
import { readVersion } from '../version.ts'
import { addEpisodeFlags, type EpisodeFlags, episodeSettings } from './flags.ts'

const DEFAULT_PORT = 7466

const HELP_AFTER = `
A dataset is a split: train, or the name before "=". Sessions are at ws://HOST:PORT/ws; /openapi.json names the rest.

Environment:
  FUSESEARCH_TOKEN   the bearer token that clients must send; needed with a --host that others reach`

interface ServeFlags extends DatasetFlags, EpisodeFlags {
  readonly host: string
  readonly port: number
  readonly allowHost?: readonly string[]
  readonly maxSessions: number
  readonly idleTimeout: number
  readonly stepTimeout: number
  readonly concurrency?: number
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
  addEpisodeFlags(addDatasetOptions(serve))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('-p, --port <n>', 'port to listen on; 0 takes a free one', portNumber, DEFAULT_PORT)
    .option('--allow-host <name...>', 'further names that the Host header may have')
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
  const { cwd, env, signal, stderr, stdout } = terminal
  const splits = await readSplits(datasets, flags, terminal)
  const repos = splits.flatMap(({ instances }) => instances.map(({ repo }) => repo))
  refuseEvaluation(repos, await readExclusions(flags.exclude, terminal), 'Leave these instances out')
  const { allowHost, concurrency, log, host, port, maxSessions } = flags
  const token = env.FUSESEARCH_TOKEN
  const logFile = log === undefined ? undefined : openLog(resolve(cwd, log))
  const server = await startEnvironment({
    splits,
    preparer: createPreparer(await repositoriesOf(flags, terminal)),
    settings: episodeSettings(flags),
    host,
    port,
    ...(token === undefined || token === '' ? {} : { token }),
    ...(allowHost === undefined ? {} : { allowedHosts: allowHost }),
    version: readVersion(),
    maxSessions,
    idleTimeoutMs: flags.idleTimeout,
    stepTimeoutMs: flags.stepTimeout,
    ...(concurrency === undefined ? {} : { maxRunning: concurrency }),
    ...(logFile === undefined ? {} : { onEpisode: (state) => appendFileSync(logFile, jsonLine(state)) }),
    onFailure: (error) => {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
      stderr.write(`fusesearch: a message failed: ${stack.split('\n').map(toShownText).join('\n')}\n`)
    },
  })
  const counts = splits.map(({ name, instances }) => `${toShownText(name)} ${instances.length}`).join(', ')
  stdout.write(`Listening on ${server.url}\nSessions at ${server.url.replace(/^http/, 'ws')}/ws; tasks: ${counts}\n`)
  await aborted(signal)
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

function portNumber(value: string): number {
  const port = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Give a number from 0 to 65535.')
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done()
    signal.addEventListener('abort', () => done(), { once: true })
  })
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
