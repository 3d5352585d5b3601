import { type Command, InvalidArgumentError } from 'commander'
import { cacheFolder } from '../../programs/index.ts'
import { serveMcp } from '../../serve/index.ts'
import { addBackendFlags, type BackendFlags, backendOf } from '../backend.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { ENCODER_HELP, openEncoderOf, readerOf } from '../encoder/open.ts'
import { gather } from '../options.ts'
import { toShownText } from '../render/shown-text.ts'
import { readVersion } from '../version.ts'
import { startWatchdog } from '../watchdog.ts'

const DEFAULT_PORT = 7411
const TOKEN_VARIABLE = 'FUSESEARCH_TOKEN'

const HELP_AFTER = `
Examples:
  $ fusesearch mcp                              this folder, for the program that starts it
  $ fusesearch mcp --root ~/a --root ~/b        two folders; nothing outside them is read
  $ fusesearch mcp --http                       http://127.0.0.1:${DEFAULT_PORT}/mcp
  $ ${TOKEN_VARIABLE}=… fusesearch mcp --http 8080 --host 0.0.0.0 --allow-host build.example.org`

interface McpFlags extends BackendFlags {
  readonly root: readonly string[]
  readonly encoder?: string
  readonly http?: number | true
  readonly host: string
  readonly allowHost: readonly string[]
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addBackendFlags(
    command.option('-r, --root <dir>', 'folder that may be searched; repeatable (default: this folder)', gather, []),
  )
    .option('--encoder <name>', ENCODER_HELP)
    .option(
      '--http [port]',
      `use streamable HTTP instead of standard input and output (default port: ${DEFAULT_PORT})`,
      port,
    )
    .option(
      '--host <address>',
      `address to listen on; if other machines can reach it, ${TOKEN_VARIABLE} must be set`,
      '127.0.0.1',
    )
    .option('--allow-host <name>', 'additional host name to accept in Host and Origin; repeatable', gather, [])
    .addHelpText('after', HELP_AFTER)
    .action(action((flags: McpFlags) => runMcp(flags, terminal)))
}

async function runMcp(flags: McpFlags, terminal: Terminal): Promise<ExitCode> {
  const { cwd, env, signal, stdin, stdout } = terminal
  const roots = flags.root.length > 0 ? flags.root : ['.']
  const tell = (text: string): void => void terminal.stderr.write(`fusesearch: ${toShownText(text)}\n`)
  const onError = (error: Error): void => {
    if (!signal.aborted) tell(error.message)
  }
  const token = env[TOKEN_VARIABLE]
  const isOverHttp = flags.http !== undefined
  const backend = await backendOf(flags, env)
  const encoder = await openEncoderOf(flags.encoder, { env, cwd })
  const searched = backend?.name ?? roots.join(', ')
  const stopWatchdog = startWatchdog(terminal)
  await serveMcp({
    roots,
    backend,
    reader: readerOf(encoder),
    cwd,
    version: readVersion(),
    commits: { cacheDir: cacheFolder(env), environment: env },
    transport: isOverHttp
      ? {
          kind: 'http',
          host: flags.host,
          port: flags.http === true ? DEFAULT_PORT : (flags.http ?? DEFAULT_PORT),
          token: token === '' ? undefined : token,
          allowedHosts: flags.allowHost,
          signal,
          onListening: (url) => tell(`MCP at ${url} for ${searched}; Ctrl-C ends it`),
          onError,
        }
      : { kind: 'stdio', stdin, stdout, signal, onError },
  })
  await encoder?.close()
  stopWatchdog()
  return 0
}

function port(value: string): number {
  const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (number <= 65_535) return number
  throw new InvalidArgumentError('Give a port from 0 to 65535.')
}
