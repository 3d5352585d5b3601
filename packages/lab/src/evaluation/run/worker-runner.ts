import { type ChildProcess, fork } from 'node:child_process'
import { type ErrorCode, FuseSearchError } from 'fusesearch/core'
import type { RowInstance } from '../row.ts'
import {
  describeInstance,
  failedRow,
  type InstanceListener,
  type InstanceTask,
  type RunInstance,
  timedOut,
} from './instance.ts'
import type { InstanceRunner } from './runner.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/** How to start worker processes. */
export interface WorkerOptions {
  /** The file of the worker process: it calls `serveInstances`. */
  readonly entry: string
  /** What `serveInstances` hands to its `makeBench`; plain data. */
  readonly settings: unknown
  readonly environment: NodeJS.ProcessEnv
  readonly searchLimitMs: number
  readonly signal: AbortSignal
}

/** A search that ignores its limit is given this long before its process is killed. */
const GRACE_MS = 5_000

/**
 * Runs instances in a process of their own, so that jobs share no thread. A process that dies or hangs costs the
 * search that it was in, and no other: a new one takes the rest.
 */
export function createWorkerRunner<I extends RunInstance>(options: WorkerOptions): InstanceRunner<I> {
  let child: ChildProcess | undefined
  return {
    async run(task, listener) {
      let left = task.policies
      while (left.length > 0) {
        options.signal.throwIfAborted()
        child ??= startWorker(options)
        const seen = new Set<string>()
        const death = await runIn(child, { options, task: { ...task, policies: left }, listener, seen })
        if (death === null) return
        child = undefined
        listener.onRow(failedRow(death.base, death.error))
        seen.add(death.base.policy)
        left = left.filter((policy) => !seen.has(policy))
      }
    },
    async close() {
      if (child === undefined || child.exitCode !== null) return
      const ended = new Promise((resolve) => child?.once('exit', resolve))
      child.kill()
      await ended
    },
  }
}

function startWorker({ entry, settings, environment }: WorkerOptions): ChildProcess {
  const child = fork(entry, [], { env: environment, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const message: ToWorker<RunInstance> = { kind: 'settings', settings }
  child.send(message)
  return child
}

interface Assignment<I extends RunInstance> {
  readonly options: WorkerOptions
  readonly task: InstanceTask<I>
  readonly listener: InstanceListener
  /** Policies whose row has come. */
  readonly seen: Set<string>
}

interface Death {
  readonly base: RowInstance
  readonly error: { readonly code: string; readonly message: string }
}

/** Resolves to null when the instance is finished, and to the search that died when the process is gone. */
function runIn<I extends RunInstance>(child: ChildProcess, assignment: Assignment<I>): Promise<Death | null> {
  const { options, task, listener, seen } = assignment
  const { signal, searchLimitMs } = options
  return new Promise((resolve, reject) => {
    let base = describeInstance(task.instance, task.policies[0] ?? '', null)
    let timer: NodeJS.Timeout | undefined
    let isHung = false
    const settle = (act: () => void): void => {
      clearTimeout(timer)
      child.off('message', onMessage).off('exit', onExit).off('error', onError)
      signal.removeEventListener('abort', onAbort)
      act()
    }
    const onAbort = (): void => settle(() => reject(signal.reason))
    const onError = (error: Error): void => settle(() => reject(error))
    const onExit = (code: number | null, how: string | null): void =>
      settle(() => resolve({ base, error: isHung ? timedOut(searchLimitMs) : died(code, how) }))
    const onMessage = (message: FromWorker): void => {
      if (message.kind === 'finished') settle(() => resolve(null))
      else if (message.kind === 'fatal') settle(() => reject(toError(message)))
      else if (message.kind === 'row') {
        clearTimeout(timer)
        seen.add(message.row.policy)
        base = { ...base, policy: task.policies.find((policy) => !seen.has(policy)) ?? base.policy }
        listener.onRow(message.row)
      } else {
        base = message.base
        listener.onSearch(base)
        timer = setTimeout(() => {
          isHung = true
          child.kill('SIGKILL')
        }, searchLimitMs + GRACE_MS)
      }
    }
    child.on('message', onMessage).on('exit', onExit).on('error', onError)
    signal.addEventListener('abort', onAbort)
    const message: ToWorker<I> = { kind: 'run', task }
    child.send(message)
  })
}

function died(code: number | null, how: string | null): Death['error'] {
  const end = how === null ? `with exit code ${code ?? 'unknown'}` : `by ${how}`
  const message = `The process that searched ended ${end}, perhaps for want of memory. Resume with --retry-failed and fewer --jobs.`
  return { code: 'worker-died', message }
}

function toError({ code, message }: { readonly code: string | null; readonly message: string }): Error {
  return code === null ? new Error(message) : new FuseSearchError(message, { code: code as ErrorCode })
}
