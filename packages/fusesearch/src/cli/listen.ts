import { once } from 'node:events'
import { type Command, InvalidArgumentError } from 'commander'
import type { HttpServerOptions } from '../serve/index.ts'
import type { Terminal } from './command.ts'
import { toShownText } from './render/shown-text.ts'
import { readVersion } from './version.ts'
import { startWatchdog } from './watchdog.ts'

/** Flags of every command that listens on an address. */
export interface ListenFlags {
  readonly host: string
  readonly port: number
  readonly allowHost?: readonly string[]
  readonly concurrency?: number
}

/** Adds {@link ListenFlags} except `--concurrency`, whose unit differs between commands. */
export function addListenOptions(command: Command, port: number): Command {
  return command
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('-p, --port <n>', 'port to listen on; 0 chooses a free one', portNumber, port)
    .option('--allow-host <name...>', 'additional names to accept in the Host header')
}

/** The end of their help. */
export const TOKEN_HELP = `
Environment:
  FUSESEARCH_TOKEN      bearer token that clients must send; required if --host is reachable from other machines
  FUSESEARCH_WATCHDOG   seconds after which a blocked server ends itself (default: 15; 0: never)`

/** A server's options from the flags and the environment; `unit` names what may fail in its log. */
export function listenOptions(
  { host, port, allowHost, concurrency }: ListenFlags,
  { env, stderr }: Terminal,
  unit: 'request' | 'message',
): Pick<HttpServerOptions, 'host' | 'port' | 'token' | 'allowedHosts' | 'maxRunning' | 'version' | 'onFailure'> {
  const token = env.FUSESEARCH_TOKEN
  return {
    host,
    port,
    ...(token === undefined || token === '' ? {} : { token }),
    ...(allowHost === undefined ? {} : { allowedHosts: allowHost }),
    ...(concurrency === undefined ? {} : { maxRunning: concurrency }),
    version: readVersion(),
    onFailure: (error) => {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
      stderr.write(`fusesearch: a ${unit} failed: ${stack.split('\n').map(toShownText).join('\n')}\n`)
    },
  }
}

/** Prints where a server listens and what it serves, and waits under a watchdog until the process is stopped. */
export async function listenUntilStopped(url: string, serves: string, terminal: Terminal): Promise<void> {
  const { signal, stdout } = terminal
  stdout.write(`Listening on ${url}\n${serves}\n`)
  const stopWatchdog = startWatchdog(terminal)
  if (!signal.aborted) await once(signal, 'abort')
  stopWatchdog()
}

function portNumber(value: string): number {
  const port = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (port <= 65_535) return port
  throw new InvalidArgumentError('Give a number from 0 to 65535.')
}
