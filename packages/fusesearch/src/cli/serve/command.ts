import { resolve } from 'node:path'
import type { Command } from 'commander'
import { FuseSearchError } from '../../core/index.ts'
import { DEFAULT_HTTP_LIMITS, startHttpServer } from '../../serve/index.ts'
import { addBackendFlags, type BackendFlags, backendOf } from '../backend.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { EDITOR_HELP, editorAddress } from '../editor.ts'
import { ENCODER_HELP, openEncoderOf, readerOf } from '../encoder/open.ts'
import { readFingerprint } from '../fingerprint.ts'
import { addListenOptions, type ListenFlags, listenOptions, listenUntilStopped, TOKEN_HELP } from '../listen.ts'
import { durationMs, wholeNumber } from '../options.ts'
import { type Fleet, openFleet, QUEUE_HELP, queueOption } from '../queue.ts'
import { toShownText } from '../render/shown-text.ts'

const DEFAULT_PORT = 7465
/** Less than a signalled process has before it is killed. */
const DRAIN_MS = 2_000

const HELP_AFTER = `${TOKEN_HELP}
${QUEUE_HELP}

Examples:
  $ fusesearch serve
  $ fusesearch serve --root ../one --root ../two --port 8080
  $ curl -s localhost:${DEFAULT_PORT}/v1/locate --json '{"issue": "Crash when the config file is empty"}'

/openapi.json describes the routes. In a browser, / is a search page.`

interface ServeFlags extends ListenFlags, BackendFlags {
  readonly root?: readonly string[]
  readonly queue?: string
  readonly encoder?: string
  readonly maxWaiting: number
  readonly maxTime: number
  readonly editor: string
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  const { maxQueued, maxRunMs } = DEFAULT_HTTP_LIMITS
  command.option('-r, --root <dir...>', 'the only folders that may be searched (default: this one)')
  addListenOptions(addBackendFlags(command), DEFAULT_PORT)
    .option('--concurrency <n>', 'searches at once (default: four per core)', wholeNumber(1))
    .option('--encoder <name>', ENCODER_HELP)
    .option('--max-waiting <n>', 'maximum number of waiting requests', wholeNumber(0), maxQueued)
    .addOption(queueOption())
    .option(
      '--max-time <time>',
      `return the best answer so far after this time (default: ${maxRunMs / 1_000}s)`,
      durationMs,
      maxRunMs,
    )
    .option('--editor <address>', EDITOR_HELP.text, editorAddress, EDITOR_HELP.initial)
    .addHelpText('after', HELP_AFTER)
    .action(action((flags: ServeFlags) => runServe(flags, terminal)))
}

async function runServe(flags: ServeFlags, terminal: Terminal): Promise<ExitCode> {
  const { editor, maxTime, maxWaiting, queue, root = ['.'] } = flags
  const fleet = queue === undefined ? undefined : await joinFleet(queue, flags, terminal)
  const encoder = await openEncoderOf(flags.encoder, terminal)
  try {
    const server = await startHttpServer({
      ...listenOptions(flags, terminal, 'request'),
      roots: root.map((folder) => resolve(terminal.cwd, folder)),
      ...(fleet === undefined
        ? { backend: await backendOf(flags, terminal.env), reader: readerOf(encoder) }
        : { queue: fleet }),
      maxQueued: maxWaiting,
      maxRunMs: maxTime,
      editor,
    })
    const where =
      fleet === undefined ? server.roots.map(toShownText).join(', ') : `the roots of workers at ${fleet.link.address}`
    await listenUntilStopped(server.url, `Searching in ${where}`, terminal)
    await server.close(DRAIN_MS)
    return 0
  } finally {
    await encoder?.close()
    await fleet?.close()
  }
}

/** Joins the queue. Throws `bad-argument` for a root, a backend or an encoder: the workers have their own. */
async function joinFleet(queue: string, { backend, encoder, root }: ServeFlags, terminal: Terminal): Promise<Fleet> {
  if (encoder !== undefined) {
    const message = 'With --queue, workers search: give --encoder to `fusesearch worker`, and leave it out here.'
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  if (root !== undefined || backend !== undefined) {
    const message =
      'With --queue, the workers search. Give --root to `fusesearch worker`, and leave out --root and --backend here.'
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  return openFleet(queue, { name: 'serve', fingerprint: await readFingerprint(terminal, null), terminal })
}
