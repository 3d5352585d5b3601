import { join } from 'node:path'
import { JobFailed, jobId, MAX_TRIES, type SharedSettings, type Submitter } from 'fusesearch/queue'
import { writeWhole } from '../../host/index.ts'
import type { Row } from '../row.ts'
import { describeInstance, failedRow, type InstanceTask, trajectoryOf } from './instance.ts'
import type { InstanceRunner } from './runner.ts'

/** What a worker of a queue answers for one instance under one policy. */
export interface QueuedRow {
  readonly row: Row
  /** The text of its trajectory's file. */
  readonly trajectory: string | null
}

/** How instances are handed to a queue. */
export interface QueueRunnerOptions {
  readonly submitter: Submitter
  readonly settings: SharedSettings
  /** The run's folder: trajectories are written into it. */
  readonly folder: string
  /** Tells this run from others: a resumed run finds the jobs that it handed out before it was stopped. */
  readonly run: string
  readonly signal: AbortSignal
  /** Told of each instance that was set aside. */
  readonly onNotice: (line: string) => void
}

/** Runs them on the workers of a queue, each policy as a job of its own. It takes any number of instances at once. */
export function createQueueRunner(options: QueueRunnerOptions): InstanceRunner {
  return {
    async run(task, onEvent) {
      await Promise.all(
        task.policies.map(async (policy) => {
          const id = jobId(options.run, task.instance.id, policy)
          const { row, trajectory } = await runQueued({ ...task, policies: [policy] }, id, options)
          // Before the row, which names it: a kill in between leaves a file without a row, and the job is still in the queue.
          if (trajectory !== null) writeWhole(join(options.folder, trajectoryOf(policy, task.fileName)), trajectory)
          onEvent?.({ kind: 'row', row })
          await options.submitter.forget(id)
        }),
      )
    },
    // The submitter serves other runners too.
    close: () => Promise.resolve(),
  }
}

async function runQueued(task: InstanceTask, id: string, options: QueueRunnerOptions): Promise<QueuedRow> {
  const { submitter, settings, signal, onNotice } = options
  const { instance } = task
  const policy = task.policies[0] ?? ''
  const setAside = (why: string): void =>
    onNotice(`${instance.id} under ${policy} failed ${MAX_TRIES} times and was set aside: ${why}`)
  try {
    const job = { id, settings, task, repository: instance.repo }
    const found = (await submitter.run(job, { signal })) as QueuedRow
    if (found.row.status === 'failed' && isPassing(found.row.error.code)) setAside(found.row.error.message)
    return found
  } catch (error) {
    if (!(error instanceof JobFailed)) throw error
    setAside(error.message)
    const row = failedRow(describeInstance(instance, policy, null), { code: error.code, message: error.message })
    return { row, trajectory: null }
  }
}

/** Failures of a machine, its network or a process, which another try on another machine may not meet. */
const PASSING = [
  'bad-run',
  'git-failed',
  'repository-missing',
  'rg-failed',
  'rg-missing',
  'snapshot-failed',
  'worker-died',
]

/** Whether a failure is worth another try. */
export function isPassing(code: string): boolean {
  return PASSING.includes(code)
}
