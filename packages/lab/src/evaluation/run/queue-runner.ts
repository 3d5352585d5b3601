import { join } from 'node:path'
import { JobFailed, jobId, MAX_TRIES, refusal, type SharedSettings, type Submitter } from 'fusesearch/queue'
import { z } from 'zod'
import type { Instance } from '../../datasets/index.ts'
import { writeWhole } from '../../host/index.ts'
import type { Row } from '../row.ts'
import { describeInstance, failedRow, type InstanceTask, trajectoryOf } from './instance.ts'
import type { InstanceRunner } from './runner.ts'

/** A queue worker's result for one instance under one policy. */
export interface QueuedRow {
  readonly row: Row
  /** The text of its trajectory's file. */
  readonly trajectory: string | null
}

/** How instances are submitted to a queue. */
export interface QueueRunnerOptions {
  readonly submitter: Submitter
  readonly settings: SharedSettings
  /** The run's folder, which gets the trajectories. */
  readonly folder: string
  /** Identifies this run: a resumed run finds the jobs that it submitted before it was stopped. */
  readonly run: string
  readonly signal: AbortSignal
  /** Called for each instance that was set aside. */
  readonly onNotice: (line: string) => void
}

const taskSchema: z.ZodType<InstanceTask> = z.object({
  // Its contents are checked where they are used: by the readers of repositories, commits and patches.
  instance: z.custom<Instance>((value) => instanceSchema.safeParse(value).success),
  // As `toFileName` makes them. Any other name could point anywhere on the worker's disk.
  fileName: z.string().regex(/^[\w@+%-][\w.@+%~-]*$/),
  policies: z.array(z.string()),
})

const instanceSchema = z.object({ id: z.string(), repo: z.string(), issue: z.string() })

/** The task of a job, on a worker. Throws a refusal for an invalid one: anyone who can write to Redis can submit it. */
export function readQueuedTask(task: unknown): InstanceTask {
  const { data } = taskSchema.safeParse(task)
  if (data === undefined) throw refusal('A job of the run has no instance, or an invalid file name.')
  return data
}

const nameSchema = z.string().nullable()
const rowSchema = z.object({
  row: z.discriminatedUnion('status', [
    z.looseObject({ status: z.literal('done'), trajectory: nameSchema }),
    z.looseObject({
      status: z.literal('failed'),
      trajectory: nameSchema,
      error: z.object({ code: z.string(), message: z.string() }),
    }),
  ]),
  trajectory: z.string().nullable(),
})

/** A worker's result, under the names that the run gives. Throws {@link JobFailed} if it isn't a row. */
function readQueuedRow(answer: unknown, { instance, fileName }: InstanceTask, policy: string): QueuedRow {
  if (!rowSchema.safeParse(answer).success) {
    throw new JobFailed("The job's result in Redis isn't a row.", 'worker-died')
  }
  // Unchanged, with its fields in their order.
  const { row, trajectory } = answer as QueuedRow
  const own = { id: instance.id, policy, repository: instance.repo }
  return { row: { ...row, ...own, trajectory: row.trajectory && trajectoryOf(policy, fileName) }, trajectory }
}

/** Runs instances on the workers of a queue, each policy as a separate job, any number of instances at once. */
export function createQueueRunner(options: QueueRunnerOptions): InstanceRunner {
  return {
    async run(task, onEvent) {
      await Promise.all(
        task.policies.map(async (policy) => {
          const id = jobId(options.run, task.instance.id, policy)
          const { row, trajectory } = await runQueued({ ...task, policies: [policy] }, id, options)
          // Before the row, which names it: after a kill in between there is a file without a row, and the job is still
          // in the queue.
          if (trajectory !== null) writeWhole(join(options.folder, trajectoryOf(policy, task.fileName)), trajectory)
          onEvent?.({ kind: 'row', row })
          await options.submitter.forget(id)
        }),
      )
    },
    // The submitter serves other runners, too.
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
    const found = readQueuedRow(await submitter.run(job, { signal }), task, policy)
    if (found.row.status === 'failed' && isPassing(found.row.error.code)) setAside(found.row.error.message)
    return found
  } catch (error) {
    if (!(error instanceof JobFailed)) throw error
    setAside(error.message)
    const row = failedRow(describeInstance(instance, policy, null), { code: error.code, message: error.message })
    return { row, trajectory: null }
  }
}

/** Failures of a machine, its network or a process, which another try on another machine may avoid. */
const PASSING = [
  'bad-run',
  'git-failed',
  'repository-missing',
  'rg-failed',
  'rg-missing',
  'snapshot-failed',
  'worker-died',
]

/** Whether another try may succeed. */
export function isPassing(code: string): boolean {
  return PASSING.includes(code)
}
