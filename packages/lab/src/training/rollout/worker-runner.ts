import { type ChildProcess, fork } from 'node:child_process'
import { type ErrorCode, FuseSearchError } from 'fusesearch/core'
import type { GroupResult, GroupRunner, GroupTask } from './group.ts'
import type { FromGroupWorker, ToGroupWorker } from './worker.ts'

/** How to start a worker process. */
export interface GroupWorkerOptions {
  /** The file of the worker process: it calls `serveGroups`. */
  readonly entry: string
  /** What `serveGroups` hands to its `makeRunner`; plain data. */
  readonly settings: unknown
  readonly environment: NodeJS.ProcessEnv
  readonly signal: AbortSignal
}

/** Memory that a worker's own heap may take, in MB: observations of many samples stay in it. */
const HEAP_MB = 3_000

/** Plays groups in a process of its own, so that jobs share no thread. Begins one when it is first asked. */
export function createWorkerGroupRunner(options: GroupWorkerOptions): GroupRunner {
  let child: ChildProcess | undefined
  return {
    run(task) {
      options.signal.throwIfAborted()
      child ??= start(options)
      return ask(child, task, options.signal)
    },
    async close() {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child?.once('exit', resolve))
      child.kill()
      await ended
    },
  }
}

function start({ entry, settings, environment }: GroupWorkerOptions): ChildProcess {
  const child = fork(entry, [], {
    env: environment,
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const message: ToGroupWorker = { kind: 'settings', settings }
  child.send(message)
  return child
}

function ask(child: ChildProcess, task: GroupTask, signal: AbortSignal): Promise<GroupResult> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('message', onMessage).off('exit', onExit).off('error', onError)
      signal.removeEventListener('abort', onAbort)
      act()
    }
    const onAbort = (): void => settle(() => reject(signal.reason))
    const onError = (error: Error): void => settle(() => reject(error))
    const onExit = (code: number | null, how: string | null): void =>
      settle(() => reject(diedError(how === null ? `with exit code ${code ?? 'unknown'}` : `by ${how}`)))
    const onMessage = (message: FromGroupWorker): void =>
      settle(() => (message.kind === 'result' ? resolve(message.result) : reject(toError(message))))
    child.on('message', onMessage).on('exit', onExit).on('error', onError)
    signal.addEventListener('abort', onAbort)
    const message: ToGroupWorker = { kind: 'run', task }
    child.send(message)
  })
}

function diedError(how: string): FuseSearchError {
  const message = `A process that played rollouts ended ${how}, perhaps for want of memory. Resume with fewer --jobs.`
  return new FuseSearchError(message, { code: 'bad-run' })
}

function toError({ code, message }: { readonly code: string | null; readonly message: string }): Error {
  return code === null ? new Error(message) : new FuseSearchError(message, { code: code as ErrorCode })
}
