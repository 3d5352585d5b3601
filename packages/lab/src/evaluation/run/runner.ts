import { type Bench, type InstanceListener, type InstanceTask, type RunInstance, runInstance } from './instance.ts'

/** Runs instances one after another. */
export interface InstanceRunner<I extends RunInstance> {
  /** Rejects when aborted and with what the run can't go on after; every other failure is a row. */
  run(task: InstanceTask<I>, listener: InstanceListener): Promise<void>
  close(): Promise<void>
}

/** Runs them in this process: enough for one job. */
export function createLocalRunner<I extends RunInstance>(bench: Bench<I>, signal: AbortSignal): InstanceRunner<I> {
  return {
    run: (task, listener) => runInstance(bench, { ...task, signal }, listener),
    close: () => Promise.resolve(),
  }
}
