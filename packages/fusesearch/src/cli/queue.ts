import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import { Option } from 'commander'
import { cacheFolder } from '../programs/index.ts'
import {
  connectQueue,
  createSubmitter,
  type Fingerprint,
  joinQueue,
  type Membership,
  type QueueLink,
  type QueueName,
  type Submitter,
} from '../queue/index.ts'
import type { Terminal } from './command.ts'
import { toShownText } from './render/shown-text.ts'

/** Appended to the help of commands with `--queue`. */
export const QUEUE_HELP = `
With --queue, workers on any number of machines do the work. Start them with fusesearch worker --queue (docs/scale.md).
FUSESEARCH_QUEUE_PASSWORD is the password of Redis, which keeps it out of command lines.`

/** `--queue`. The value isn't checked here, because an error would repeat it, and it may contain a password. */
export function queueOption(): Option {
  return new Option('--queue <address>', 'give the work to the workers of this Redis: redis://host:6379')
}

/** A queue to which this process submits work, and its membership. */
export interface Fleet {
  readonly submitter: Submitter
  readonly link: QueueLink
  readonly membership: Membership
  close(): Promise<void>
}

/** If no worker has joined after this time, a message says so. */
const FIRST_WORKER_MS = 10_000

/**
 * Connects to a queue, joins its members and prepares to submit work.
 * Throws FuseSearchError `bad-argument`, `queue-missing`, `queue-unreachable`, `queue-mismatch`.
 */
export async function openFleet(
  queue: string,
  {
    name,
    fingerprint,
    terminal,
  }: { readonly name: QueueName; readonly fingerprint: Fingerprint; readonly terminal: Terminal },
): Promise<Fleet> {
  const link = await connectQueue({
    queue,
    env: terminal.env,
    onTrouble: stderrReporter(terminal),
    signal: terminal.signal,
  })
  try {
    const about = { role: 'submitter', machine: machineOf(terminal), places: 0, roots: [], fingerprint } as const
    const membership = await joinQueue(link, about)
    const submitter = await createSubmitter(link, name)
    const timer = setTimeout(() => {
      if (membership.members().some(({ role }) => role === 'worker')) return
      stderrReporter(terminal)(
        `No worker has joined the queue at ${link.address} yet. Start one: fusesearch worker --queue ${link.address}`,
      )
    }, FIRST_WORKER_MS).unref()
    const close = async (): Promise<void> => {
      clearTimeout(timer)
      await submitter.close()
      await membership.leave()
      await link.close()
    }
    return { submitter, link, membership, close }
  } catch (error) {
    await link.close()
    throw error
  }
}

/** The same for all processes that share this machine's cache folder. */
export function machineOf({ env }: Pick<Terminal, 'env'>, cache = cacheFolder(env)): string {
  return createHash('sha256').update(`${hostname()}\n${cache}`).digest('hex').slice(0, 16)
}

/** Prints problems that aren't failures of a job. */
export function stderrReporter({ stderr }: Pick<Terminal, 'stderr'>): (line: string) => void {
  return (line) => stderr.write(`fusesearch: ${toShownText(line)}\n`)
}
