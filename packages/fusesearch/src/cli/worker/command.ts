import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { FuseSearchError } from '../../core/index.ts'
import { cacheFolder } from '../../programs/index.ts'
import { connectQueue, joinQueue, refusal, type TakeOptions, type Taking, takeJobs } from '../../queue/index.ts'
import { openServeJobs, type ServeJobs } from '../../serve/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { ENCODER_HELP, openEncoderOf, readerOf } from '../encoder/open.ts'
import { readFingerprint } from '../fingerprint.ts'
import { type LabJobs, loadLabJobs } from '../lab.ts'
import { durationMs, wholeNumber } from '../options.ts'
import { machineOf, stderrReporter } from '../queue.ts'
import { plural } from '../render/style.ts'
import { startWatchdog } from '../watchdog.ts'

/** Less than the half minute that Kubernetes gives a pod to end. */
const DRAIN_MS = 20_000
/** Time after a drain for returning jobs and closing connections. */
const AFTER_DRAIN_MS = 5_000

const HELP_AFTER = `
A worker searches only where its own flags allow: --root for serve; --repos, --map and --cache for the lab. It uses only
the model endpoint in this machine's environment (FUSESEARCH_MODEL, FUSESEARCH_BASE_URL), with this machine's key.
After Ctrl-C or SIGTERM the worker takes no more jobs and finishes the running ones. FUSESEARCH_WATCHDOG works as for
serve.

Examples:
  $ fusesearch worker --queue redis://10.0.0.5 --jobs 8 --repos '/data/{owner}+{name}'
  $ fusesearch worker --queue redis://10.0.0.5 --root /repositories

Exit codes: 2 an error, such as a queue that other versions use; 130 or 143 stopped by a signal.`

interface WorkerFlags {
  readonly queue: string
  readonly jobs: number
  readonly root?: readonly string[]
  readonly encoder?: string
  readonly repos?: string
  readonly map?: string
  readonly cache?: string
  readonly drain: number
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  command
    .requiredOption('--queue <address>', 'Redis of the queue: redis://host:6379')
    .option('-j, --jobs <n>', 'jobs at once (default: one per core)', wholeNumber(1), availableParallelism())
    .option(
      '-r, --root <dir...>',
      'folders that requests of serve may search; without it the worker takes no such requests',
    )
    .option('--encoder <name>', `for requests of serve: ${ENCODER_HELP}`)
    .option('--repos <template>', 'where repositories are: DIR/{owner}+{name}/repo, or a URL (default: GitHub)')
    .option('--map <file>', 'JSON object from owner/name to the owner/name to use instead')
    .option('--cache <dir>', 'folder for clones and snapshots (default: the user cache)')
    .option(
      '--drain <time>',
      `time to finish running jobs when stopped (default: ${DRAIN_MS / 1_000}s)`,
      durationMs,
      DRAIN_MS,
    )
    .addHelpText('after', HELP_AFTER)
    .action(action((flags: WorkerFlags) => runWorker(flags, terminal)))
}

async function runWorker(flags: WorkerFlags, terminal: Terminal): Promise<ExitCode> {
  const { queue, jobs, drain } = flags
  const lab = await loadLabJobs()
  const served = await openServed(flags, terminal)
  if (lab === undefined && served === undefined) {
    throw new FuseSearchError(
      'The worker has no jobs to take. Name folders for requests with --root, or install the lab.',
      { code: 'bad-argument' },
    )
  }
  const link = await connectQueue({
    queue,
    env: terminal.env,
    onTrouble: stderrReporter(terminal),
    signal: terminal.signal,
  })
  try {
    const cache = flags.cache === undefined ? cacheFolder(terminal.env) : resolve(terminal.cwd, flags.cache)
    const machine = machineOf(terminal, cache)
    const fingerprint = await readFingerprint(terminal, lab?.digest() ?? null)
    const membership = await joinQueue(link, {
      role: 'worker',
      machine,
      places: jobs,
      roots: served?.roots ?? [],
      fingerprint,
    })
    const taking: Taking[] = []
    const take = async (options: Pick<TakeOptions, 'queue' | 'open'>): Promise<void> =>
      void taking.push(await takeJobs(link, { ...options, places: jobs, membership, machine }))
    if (served !== undefined) await take({ queue: 'serve', open: served.open })
    if (lab !== undefined) await take({ queue: 'lab', open: opener(lab, flags, terminal) })
    terminal.allowGrace(drain + AFTER_DRAIN_MS)
    const stopWatchdog = startWatchdog(terminal)
    terminal.stdout.write(`Taking ${plural(jobs, 'job')} at once from ${link.address}\n`)
    if (!terminal.signal.aborted) await once(terminal.signal, 'abort')
    await Promise.all(taking.map((one) => one.close(drain)))
    stopWatchdog()
    await membership.leave()
    return 0
  } finally {
    await served?.close()
    await link.close()
  }
}

async function openServed({ encoder: name, root }: WorkerFlags, terminal: Terminal): Promise<ServeJobs | undefined> {
  if (root === undefined) return undefined
  const encoder = await openEncoderOf(name, terminal)
  const jobs = await openServeJobs(
    root.map((folder) => resolve(terminal.cwd, folder)),
    readerOf(encoder),
  )
  return { ...jobs, close: async () => void (await Promise.all([jobs.close(), encoder?.close()])) }
}

function opener(lab: LabJobs, flags: WorkerFlags, terminal: Terminal): TakeOptions['open'] {
  const { repos, map, cache, jobs, queue } = flags
  const places = {
    ...(repos === undefined ? {} : { repos }),
    ...(map === undefined ? {} : { map }),
    ...(cache === undefined ? {} : { cache }),
  }
  // The jobs have their own signals, so that a drain lets them finish.
  const own = { ...terminal, signal: new AbortController().signal }
  return (kind, settings) => {
    if (typeof settings !== 'object' || settings === null)
      throw refusal(`The settings of a ${kind} job aren't an object.`)
    return lab.open(kind, settings, { terminal: own, places, jobs, queue })
  }
}
