import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type ErrorCode, FuseSearchError } from 'fusesearch/core'

/** How to start a worker process. */
export interface WorkerOptions {
  /** The script of the process, which calls {@link serveWorker}. */
  readonly entry: string
  /** Passed to the worker once, when it starts. Plain data, like everything that the two processes send. */
  readonly settings: unknown
  readonly environment: NodeJS.ProcessEnv
  readonly signal: AbortSignal
  /** Heap limit in MB; default: Node's own. */
  readonly heapMb?: number
}

/**
 * Runs jobs: in this process, in a separate process, or on the workers of a queue. The caller holds one runner for
 * each job that may run at the same time, and doesn't know which kind they are.
 */
export interface JobRunner<Task, Event, Result> {
  /**
   * Runs one job. Rejects on failures that end the run; a failure of the job itself is part of its result or its
   * events.
   */
  run(task: Task, onEvent?: (event: Event) => void): Promise<Result>
  close(): Promise<void>
}

/** A process that works on one task at a time, so that jobs share no thread. The first task starts it. */
export interface Worker<Task, Event, Result> extends JobRunner<Task, Event, Result> {
  /**
   * Runs a task. Rejects with {@link WorkerDied} if the process ends first (the next task starts a new one), with the
   * worker's own error, and with the reason of an abort.
   */
  run(task: Task, onEvent?: (event: Event) => void): Promise<Result>
  /** Kills the process at once, for a task that hangs. */
  kill(): void
  /** Ends the process and waits until it has ended. */
  close(): Promise<void>
}

/** The worker process ended in the middle of a task; the message says how. */
export class WorkerDied extends Error {}

type ToWorker =
  | { readonly kind: 'settings'; readonly settings: unknown }
  | { readonly kind: 'run'; readonly task: unknown }

type FromWorker<Event, Result> =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'result'; readonly result: Result }
  /** The task failed and the caller can't go on. */
  | { readonly kind: 'fatal'; readonly code: string | null; readonly message: string }

/** Makes a worker; see {@link Worker}. */
export function createWorker<Task, Event, Result>(options: WorkerOptions): Worker<Task, Event, Result> {
  let child: ChildProcess | undefined
  return {
    async run(task, onEvent) {
      options.signal.throwIfAborted()
      child ??= start(options)
      try {
        return await ask<Event, Result>(child, task, { onEvent, signal: options.signal })
      } catch (error) {
        if (error instanceof WorkerDied) child = undefined
        throw error
      }
    },
    kill: () => void child?.kill('SIGKILL'),
    async close() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill()
      await ended
    },
  }
}

/** Runs a task in the worker; the events that it emits are those of {@link Worker.run}. */
type RunTask = (task: unknown, emit: (event: unknown) => void) => Promise<unknown>

/**
 * Serves tasks in a process forked by {@link createWorker}, until the parent ends; then `signal` is aborted.
 * `open` makes the task runner from the settings.
 */
export function serveWorker(
  self: NodeJS.Process,
  open: (settings: unknown, signal: AbortSignal) => Promise<RunTask>,
): void {
  const controller = new AbortController()
  const send = (message: FromWorker<unknown, unknown>): void => void self.send?.(message)
  let opening: Promise<RunTask> | undefined
  // Ctrl-C reaches every process of the group. The parent decides what to do; an ending worker would look like a
  // failure.
  self.on('SIGINT', () => {})
  self.on('disconnect', () => {
    controller.abort()
    self.exit(0)
  })
  self.on('message', (message: ToWorker) => {
    if (message.kind === 'settings') {
      opening = open(message.settings, controller.signal)
      // The first task reports it.
      opening.catch(() => {})
      return
    }
    void (async () => {
      try {
        if (opening === undefined) throw new Error('a worker got a task before its settings')
        const run = await opening
        send({ kind: 'result', result: await run(message.task, (event) => send({ kind: 'event', event })) })
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        send({ kind: 'fatal', code: error instanceof FuseSearchError ? error.code : null, message: text })
      }
    })()
  })
}

function start({ entry, settings, environment, heapMb }: WorkerOptions): ChildProcess {
  const child = fork(entry, [], {
    env: environment,
    execArgv: heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  child.send({ kind: 'settings', settings } satisfies ToWorker)
  return child
}

interface Asking<Event> {
  readonly onEvent: ((event: Event) => void) | undefined
  readonly signal: AbortSignal
}

function ask<Event, Result>(child: ChildProcess, task: unknown, { onEvent, signal }: Asking<Event>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('message', onMessage).off('exit', onExit).off('error', onError)
      signal.removeEventListener('abort', onAbort)
      act()
    }
    const onAbort = (): void => settle(() => reject(signal.reason))
    const onError = (error: Error): void => settle(() => reject(error))
    const onExit = (code: number | null, killedBy: string | null): void =>
      settle(() => reject(new WorkerDied(killedBy === null ? `with exit code ${code ?? 'unknown'}` : `by ${killedBy}`)))
    const onMessage = (message: FromWorker<Event, Result>): void => {
      if (message.kind === 'event') onEvent?.(message.event)
      else settle(() => (message.kind === 'result' ? resolve(message.result) : reject(toError(message))))
    }
    child.on('message', onMessage).on('exit', onExit).on('error', onError)
    signal.addEventListener('abort', onAbort)
    child.send({ kind: 'run', task } satisfies ToWorker)
  })
}

function toError({ code, message }: { readonly code: string | null; readonly message: string }): Error {
  return code === null ? new Error(message) : new FuseSearchError(message, { code: code as ErrorCode })
}
