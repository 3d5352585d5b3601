import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asksModel, type JobHost, type LabJobs } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { type Handler, refusal, type Turn } from 'fusesearch/queue'
import {
  createLocalRunner,
  createWorkerRunner,
  type InstanceRunner,
  type InstanceTask,
  isPassing,
  type QueuedRow,
  type Row,
  readQueuedTask,
} from '../evaluation/index.ts'
import { digestLab } from '../host/index.ts'
import { createWorkerGroupRunner, type GroupTask } from '../training/index.ts'
import { policyNamesOf } from './run/context.ts'
import { hasRepository, plainRepositories } from './run/dataset.ts'
import { workerOptions } from './run/launch.ts'
import { openPaced } from './run/paced.ts'
import { type CodeSettings, onThisMachine, type QueuedSettings, refuseOtherCode } from './run/worker-settings.ts'

/** The lab's jobs on a worker of a queue. */
export const LAB_JOBS: LabJobs = {
  digest: digestLab,
  open: (kind, settings, host) => {
    if (kind === 'evaluate') return openEvaluation(settings as QueuedSettings, host)
    if (kind === 'train') return openTraining(settings as CodeSettings, host)
    throw refusal(`This worker doesn't know jobs of the kind "${kind}". Install the same version on all machines.`)
  },
}

/** Runs the instances of a run. */
async function openEvaluation(queued: QueuedSettings, host: JobHost): Promise<Handler> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-worker-')))
  const settings = await onThisMachine(queued, folder, host)
  const { terminal } = host
  const options = workerOptions({ kind: 'evaluate', settings, queue: host.queue }, terminal)
  const processes = createPool(() => createWorkerRunner({ ...options, searchLimitMs: settings.searchLimitMs }))
  // Jobs that only wait for a model share this process, as with --jobs.
  const onlyWaits = policyNamesOf(settings.contestants).every(asksModel)
  const shared = onlyWaits ? await openPaced(settings, { queue: host.queue, terminal }) : undefined
  const use = <T>(turn: Turn, work: (runner: InstanceRunner) => Promise<T>): Promise<T> =>
    shared === undefined || turn.isSuspect
      ? processes.use(turn.signal, work)
      : work(createLocalRunner(shared, turn.signal))
  return {
    async run(task, turn): Promise<QueuedRow> {
      const checked = readQueuedTask(task)
      const row = await use(turn, (runner) => onlyRow(runner, checked))
      const found = row.trajectory === null ? undefined : join(folder, row.trajectory)
      const trajectory = found === undefined ? null : await readFile(found, 'utf8').catch(() => null)
      if (found !== undefined) await rm(found, { force: true })
      if (row.status === 'failed' && isPassing(row.error.code)) failAgain(row.error, turn)
      return { row, trajectory }
    },
    has: (repository) => hasRepository(repository, settings.repositories),
    async close() {
      await processes.close()
      await shared?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Plays groups of rollouts, each in a separate process, because they keep one thread busy. */
async function openTraining(queued: CodeSettings, { terminal, places }: JobHost): Promise<Handler> {
  refuseOtherCode(queued)
  const repositories = await plainRepositories({ ...places, skipBad: false }, terminal)
  const settings = { instances: [], repositories, folder: join(repositories.cacheDir, 'observations') }
  const worker = workerOptions({ kind: 'train', settings }, terminal)
  const processes = createPool(() => createWorkerGroupRunner(worker))
  return {
    async run(task, turn) {
      const result = await processes.use(turn.signal, (runner) => runner.run(task as GroupTask))
      if (!result.ok && isPassing(result.error.code)) failAgain(result.error, turn)
      return result
    },
    has: (repository) => hasRepository(repository, repositories),
    close: () => processes.close(),
  }
}

/** Throws for another try; after the last one the failure is the result. */
function failAgain({ message }: { readonly message: string }, { isLastTry, setAside }: Turn): void {
  if (!isLastTry) throw new FuseSearchError(message, { code: 'bad-run' })
  setAside()
}

async function onlyRow(runner: InstanceRunner, task: InstanceTask): Promise<Row> {
  let row: Row | undefined
  await runner.run(task, (event) => {
    if (event.kind === 'row') row = event.row
  })
  if (row === undefined) throw new Error(`the instance ${task.instance.id} ended without a row`)
  return row
}

/** Something that can be closed and is used by one job at a time. */
interface Closable {
  close(): Promise<void>
}

/** Runners that are made on demand and reused; one whose job was stopped is ended. */
function createPool<Runner extends Closable>(make: () => Runner) {
  const free: Runner[] = []
  const busy = new Set<Promise<unknown>>()
  const use = async <T>(signal: AbortSignal, work: (runner: Runner) => Promise<T>): Promise<T> => {
    const runner = free.pop() ?? make()
    const stop = (): void => void runner.close()
    signal.addEventListener('abort', stop, { once: true })
    try {
      return await work(runner)
    } finally {
      signal.removeEventListener('abort', stop)
      if (!signal.aborted) free.push(runner)
    }
  }
  return {
    use<T>(signal: AbortSignal, work: (runner: Runner) => Promise<T>): Promise<T> {
      const used = use(signal, work)
      busy.add(used)
      return used.finally(() => busy.delete(used))
    },
    /** Waits for running jobs. */
    async close() {
      await Promise.allSettled(busy)
      await Promise.all(free.map((runner) => runner.close()))
    },
  }
}
