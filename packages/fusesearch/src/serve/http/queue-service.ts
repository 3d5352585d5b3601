import { basename } from 'node:path'
import type { LocateEvent, LocateResult } from '../../locate/index.ts'
import { JobFailed, jobId, type Membership, type QueueLink, type Submitter, shareSettings } from '../../queue/index.ts'
import { Problem } from '../door/index.ts'
import type { ServeAnswer, ServeTask } from '../queue-jobs.ts'
import type { Service } from './service.ts'

/** Options of {@link createQueueService}. */
export interface QueueServiceOptions {
  readonly link: QueueLink
  readonly submitter: Submitter
  readonly membership: Membership
  /** A run that takes longer returns its best answer so far. */
  readonly maxRunMs: number
}

/** Lets the workers of a queue answer requests. They have the folders, and they check what may be searched. */
export function createQueueService({ link, submitter, membership, maxRunMs }: QueueServiceOptions): Service {
  const settings = shareSettings('serve', { maxRunMs })
  let count = 0
  const ask = async <T>(task: ServeTask, signal: AbortSignal, onEvent?: (event: unknown) => void): Promise<T> => {
    // A client can ask again or elsewhere; waiting for the connection would only use up its time.
    if (!link.isConnected()) {
      const message = `The queue at ${link.address} is not connected. Ask again when its Redis is back.`
      throw new Problem(503, { code: 'queue-unreachable', message, retryAfterSeconds: 2 })
    }
    const id = jobId(membership.id, String((count += 1)))
    try {
      const job = { id, settings, task, repository: null }
      const listens = onEvent === undefined ? {} : { onEvent }
      const answer = (await submitter.run(job, { signal, stops: true, ...listens })) as ServeAnswer
      // Nobody waits for this.
      void submitter.forget(id).catch(() => undefined)
      if (!answer.ok) throw new Problem(answer.status, answer.details)
      return answer.value as T
    } catch (error) {
      if (!(error instanceof JobFailed)) throw error
      throw new Problem(503, { code: error.code, message: error.message, retryAfterSeconds: 1 })
    }
  }
  return {
    locate: (request, signal) => ask<LocateResult>({ method: 'locate', request }, signal),
    locateEvents: async (request, signal) =>
      streamOf((onEvent) => ask<LocateResult>({ method: 'locateEvents', request }, signal, onEvent)),
    search: (request, signal) => ask({ method: 'search', request }, signal),
    ask: (request, signal) => ask({ method: 'ask', request }, signal),
    symbol: (request, signal) => ask({ method: 'symbol', request }, signal),
    usages: (request, signal) => ask({ method: 'usages', request }, signal),
    // The folder is on the workers; this is only its name in a trajectory.
    repositoryName: async ({ repository = '.' }) =>
      basename(repository === '.' ? (rootsOf(membership)[0] ?? '') : repository),
    roots: () => rootsOf(membership),
  }
}

function rootsOf(membership: Membership): readonly string[] {
  return [...new Set(membership.members().flatMap(({ roots }) => roots))].sort()
}

/** The events of a run as they arrive; the last one is its result. */
async function* streamOf(
  run: (onEvent: (event: unknown) => void) => Promise<LocateResult>,
): AsyncGenerator<LocateEvent, void, void> {
  const events: LocateEvent[] = []
  const wake = { up: (): void => undefined }
  let isOver = false
  const running = run((event) => {
    events.push(event as LocateEvent)
    wake.up()
  }).finally(() => {
    isOver = true
    wake.up()
  })
  running.catch(() => undefined)
  for (;;) {
    const event = events.shift()
    if (event !== undefined) yield event
    else if (isOver) break
    else await new Promise<void>((resolve) => (wake.up = resolve))
  }
  yield { kind: 'located', result: await running }
}
