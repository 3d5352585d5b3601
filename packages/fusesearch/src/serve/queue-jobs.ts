import type { ZodType } from 'zod'
import { joinSignals } from '../core/index.ts'
import type { Reader } from '../policies/index.ts'
import { type Handler, refusal } from '../queue/index.ts'
import { createWorkspacePool } from '../search/index.ts'
import { openRoots, Problem, readBody, toProblem } from './door/index.ts'
import { askRequest, locateRequest, searchRequest, symbolRequest, usagesRequest } from './http/schemas.ts'
import { createService, type Service } from './http/service.ts'

/** A request in the form that goes through the queue. */
export interface ServeTask {
  readonly method: Exclude<keyof Service, 'repositoryName' | 'roots'>
  readonly request: unknown
}

/** A worker's response. */
export type ServeAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: Problem['status']; readonly details: Problem['details'] }

/** Runs the requests of a `serve` on a worker. */
export interface ServeJobs {
  /** Real paths of the roots. */
  readonly roots: readonly string[]
  readonly open: (kind: string, settings: unknown) => Promise<Handler>
  close(): Promise<void>
}

/** A policy that doesn't return its best answer within this time is ended. */
const GRACE_MS = 5_000

/** Opens the folders that requests may search on this machine. Throws `bad-argument` for a path that is no folder. */
export async function openServeJobs(given: readonly string[], reader?: Reader): Promise<ServeJobs> {
  const roots = await openRoots(given)
  const pool = createWorkspacePool()
  return {
    roots: roots.map(({ real }) => real),
    open: async (kind, settings) => {
      const { maxRunMs } = settings as { maxRunMs?: unknown }
      if (kind !== 'serve' || typeof maxRunMs !== 'number') throw refusal(`A ${kind} job is no request of a server.`)
      const service = createService({ roots, pool, maxRunMs, backend: undefined, reader })
      return {
        async run(task, turn) {
          const stop = joinSignals([turn.signal, AbortSignal.timeout(maxRunMs + GRACE_MS)])
          try {
            return await answer(service, task as ServeTask, { signal: stop.signal, emit: turn.emit })
          } finally {
            stop.close()
          }
        },
        close: () => Promise.resolve(),
      }
    },
    close: () => pool.close(),
  }
}

interface Asking {
  readonly signal: AbortSignal
  readonly emit: (event: unknown) => void
}

/** Checks the request again and answers it. A problem is an answer too, since a retry would end the same way. */
async function answer(service: Service, { method, request }: ServeTask, asking: Asking): Promise<ServeAnswer> {
  try {
    return { ok: true, value: await work(service, { method, request }, asking) }
  } catch (error) {
    asking.signal.throwIfAborted()
    const { status, details } = toProblem(error)
    return { ok: false, status, details }
  }
}

async function work(service: Service, { method, request }: ServeTask, { signal, emit }: Asking): Promise<unknown> {
  const checked = <T>(schema: ZodType<T>): T => readBody(request, schema)
  switch (method) {
    case 'locate':
      return service.locate(checked(locateRequest), signal)
    case 'locateEvents': {
      let result: unknown
      for await (const event of await service.locateEvents(checked(locateRequest), signal)) {
        if (event.kind === 'located') result = event.result
        else emit(event)
      }
      return result
    }
    case 'search':
      return service.search(checked(searchRequest), signal)
    case 'ask':
      return service.ask(checked(askRequest), signal)
    case 'symbol':
      return service.symbol(checked(symbolRequest), signal)
    case 'usages':
      return service.usages(checked(usagesRequest), signal)
  }
  throw new Problem(400, { code: 'bad-request', message: `A server has no method "${String(method)}".` })
}
