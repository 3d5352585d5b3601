import { createWorker, type JobRunner, type Worker, WorkerDied, type WorkerOptions } from '../../host/index.ts'
import {
  describeInstance,
  failedRow,
  type InstanceEvent,
  type InstanceTask,
  type RunContext,
  runInstance,
  timedOut,
} from './instance.ts'

/**
 * Runs instances one after another. It rejects when aborted and on failures that end the run; every other failure is a
 * row, sent as an event.
 */
export type InstanceRunner = JobRunner<InstanceTask, InstanceEvent, void>

/** Runs them in this process. */
export function createLocalRunner(context: RunContext, signal: AbortSignal): InstanceRunner {
  return {
    run: (task, onEvent) => runInstance(context, { ...task, signal }, onEvent ?? (() => undefined)),
    close: () => Promise.resolve(),
  }
}

/** A search that ignores its limit gets this much longer before its process is killed. */
const GRACE_MS = 5_000

/**
 * Runs them in a worker process, which runs a local runner's tasks. If the process dies or hangs, its search becomes a
 * failed row and a new process does the rest.
 */
export function createWorkerRunner(options: WorkerOptions & { readonly searchLimitMs: number }): InstanceRunner {
  const worker = createWorker<InstanceTask, InstanceEvent, void>(options)
  return {
    async run(task, onEvent) {
      let left = task.policies
      while (left.length > 0) {
        const death = await runUntilDeath(worker, { ...task, policies: left }, { ...options, onEvent })
        if (death === undefined) return
        onEvent?.({ kind: 'row', row: failedRow(death.base, death.error) })
        left = death.left
      }
    },
    close: () => worker.close(),
  }
}

interface HungSearch {
  readonly searchLimitMs: number
  readonly onEvent: ((event: InstanceEvent) => void) | undefined
}

/**
 * Undefined when the instance is finished; otherwise the search in which the process died and the remaining policies.
 */
async function runUntilDeath(
  worker: Worker<InstanceTask, InstanceEvent, void>,
  task: InstanceTask,
  { searchLimitMs, onEvent }: Pick<HungSearch, 'searchLimitMs' | 'onEvent'>,
) {
  let left = task.policies
  let base = describeInstance(task.instance, left[0] ?? '', null)
  let timer: NodeJS.Timeout | undefined
  let isHung = false
  const note = (event: InstanceEvent): void => {
    clearTimeout(timer)
    if (event.kind === 'searching') {
      base = event.base
      timer = setTimeout(() => {
        isHung = true
        worker.kill()
      }, searchLimitMs + GRACE_MS)
    } else {
      left = left.filter((policy) => policy !== event.row.policy)
      base = { ...base, policy: left[0] ?? base.policy }
    }
    onEvent?.(event)
  }
  try {
    await worker.run(task, note)
    return undefined
  } catch (error) {
    if (!(error instanceof WorkerDied)) throw error
    const message = `The search process ended ${error.message}, perhaps because it ran out of memory. Resume with --retry-failed and fewer --jobs.`
    const died = { code: 'worker-died', message }
    return {
      base,
      error: isHung ? timedOut(searchLimitMs) : died,
      left: left.filter((policy) => policy !== base.policy),
    }
  } finally {
    clearTimeout(timer)
  }
}
