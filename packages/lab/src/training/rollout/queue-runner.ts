import { JobFailed, jobId, type SharedSettings, type Submitter } from 'fusesearch/queue'
import type { Instance } from '../../datasets/index.ts'
import type { GroupResult, GroupRunner } from './play.ts'

/** How groups are submitted to a queue. */
export interface QueueGroupOptions {
  readonly submitter: Submitter
  readonly settings: SharedSettings
  readonly instances: readonly Instance[]
  /** Identifies this training: a resumed one finds the groups that it submitted before it was stopped. */
  readonly run: string
  readonly signal: AbortSignal
}

/** Plays groups on the workers of a queue, any number at once. */
export function createQueueGroupRunner({
  submitter,
  settings,
  instances,
  run,
  signal,
}: QueueGroupOptions): GroupRunner {
  return {
    async run(task) {
      const instance = instances[task.sample]
      if (instance === undefined) throw new Error(`there is no sample ${task.sample}`)
      const { sample: _sample, ...group } = task
      // The group contains everything that its rollouts depend on, including the weights.
      const id = jobId(run, instance.id, JSON.stringify(group))
      try {
        const job = { id, settings, task: { ...group, sample: 0, instance }, repository: instance.repo }
        const result = (await submitter.run(job, { signal })) as GroupResult
        await submitter.forget(id)
        return { ...result, sample: task.sample }
      } catch (error) {
        if (!(error instanceof JobFailed)) throw error
        await submitter.forget(id)
        return { ok: false, sample: task.sample, error: { code: error.code, message: error.message } }
      }
    },
    // The submitter serves other runners, too.
    close: () => Promise.resolve(),
  }
}
