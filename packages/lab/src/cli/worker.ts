/** The process that `eval --jobs`, `train --jobs` and a worker of a queue fork. */
import { createLocalRunner, type InstanceTask } from '../evaluation/index.ts'
import { serveWorker } from '../host/index.ts'
import type { GroupTask } from '../training/index.ts'
import type { EvalSettings } from './run/context.ts'
import { openPaced } from './run/paced.ts'
import { makeGroupRunner, type TrainWorkerSettings } from './train/samples.ts'

/** The task of the process: instances of a run, or rollouts of a training. */
type WorkerSettings =
  | { readonly kind: 'evaluate'; readonly settings: EvalSettings; readonly queue?: string }
  | { readonly kind: 'train'; readonly settings: TrainWorkerSettings }

serveWorker(process, async (given, signal) => {
  const own = given as WorkerSettings
  if (own.kind === 'train') {
    const runner = makeGroupRunner(own.settings, { environment: process.env, signal })
    return (task) => runner.run(task as GroupTask)
  }
  const context = await openPaced(own.settings, { queue: own.queue, terminal: process })
  const runner = createLocalRunner(context, signal)
  return (task, emit) => runner.run(task as InstanceTask, emit)
})
