import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { DEFAULT_HTTP_LIMITS, type HttpServerOptions, startHttpServer } from '../../servers/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { durationMs, wholeNumber } from '../options.ts'
import { toShownText } from '../render/shown-text.ts'
import { readVersion } from '../version.ts'

const DEFAULT_PORT = 7465
/** Less than what a signalled process has before it is ended. */
const DRAIN_MS = 2_000

const HELP_AFTER = `
Environment:
  FUSESEARCH_TOKEN   the bearer token that clients must send; needed with a --host that others reach

Examples:
  $ fusesearch serve
  $ fusesearch serve --root ../one --root ../two --port 8080
  $ curl -s localhost:${DEFAULT_PORT}/v1/locate --json '{"issue": "Crash when the config file is empty"}'

The answers are described at /openapi.json.`

interface ServeFlags {
  readonly root?: readonly string[]
  readonly host: string
  readonly port: number
  readonly allowHost?: readonly string[]
  readonly concurrency?: number
  readonly queue: number
  readonly maxTime: number
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  const { maxQueued, maxRunMs } = DEFAULT_HTTP_LIMITS
  command
    .option('-r, --root <dir...>', 'folders that may be searched, and nothing else (default: this one)')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('-p, --port <n>', 'port to listen on; 0 takes a free one', portNumber, DEFAULT_PORT)
    .option('--allow-host <name...>', 'further names that the Host header may have')
    .option('--concurrency <n>', 'searches at once (default: four for each core)', wholeNumber(1))
    .option('--queue <n>', 'requests that may wait', wholeNumber(0), maxQueued)
    .option('--max-time <time>', `best answer after this time (default: ${maxRunMs / 1_000}s)`, durationMs, maxRunMs)
    .addHelpText('after', HELP_AFTER)
    .action(action((flags: ServeFlags) => runServe(flags, terminal)))
}

async function runServe(flags: ServeFlags, terminal: Terminal): Promise<ExitCode> {
  const { signal, stdout } = terminal
  const server = await startHttpServer(optionsOf(flags, terminal))
  stdout.write(`Listening on ${server.url}\nSearching in ${server.roots.map(toShownText).join(', ')}\n`)
  await aborted(signal)
  await server.close(DRAIN_MS)
  return 0
}

function optionsOf(flags: ServeFlags, { cwd, env, stderr }: Terminal): HttpServerOptions {
  const { allowHost, concurrency, host, maxTime, port, queue, root = ['.'] } = flags
  const token = env.FUSESEARCH_TOKEN
  return {
    roots: root.map((folder) => resolve(cwd, folder)),
    host,
    port,
    ...(token === undefined || token === '' ? {} : { token }),
    ...(allowHost === undefined ? {} : { allowedHosts: allowHost }),
    version: readVersion(),
    ...(concurrency === undefined ? {} : { maxRunning: concurrency }),
    maxQueued: queue,
    maxRunMs: maxTime,
    onFailure: (error) => {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
      stderr.write(`fusesearch: a request failed: ${stack.split('\n').map(toShownText).join('\n')}\n`)
    },
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
