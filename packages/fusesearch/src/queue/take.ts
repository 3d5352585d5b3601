import { setTimeout as sleep } from 'node:timers/promises'
import type { Job as QueuedJob, Worker } from 'bullmq'
import { FuseSearchError } from '../core/index.ts'
import { PREFIX, type QueueLink } from './connect.ts'
import {
  cancelChannel,
  countsKey,
  eventsChannel,
  type JobData,
  KEEP_SECONDS,
  MAX_TRIES,
  type Outcome,
  outcomeKey,
  type QueueName,
  settingsKey,
  warmKey,
} from './job.ts'
import type { Membership } from './members.ts'
import { fromText, packParcel, unpackParcel } from './parcel.ts'

/** How to run a job this time. */
export interface Turn {
  /** Aborted when the job is cancelled, when another worker has taken it over, and when a drain takes too long. */
  readonly signal: AbortSignal
  /** The job failed or its worker died before: run it in a separate process, so that its death harms no other job. */
  readonly isSuspect: boolean
  /** The result of this try is final. */
  readonly isLastTry: boolean
  /** Counts the job as set aside: the outcome of its last try is a failure. */
  readonly setAside: () => void
  /** Sends an event to the submitter, if it listens. */
  readonly emit: (event: unknown) => void
}

/** Runs the jobs with the same settings. */
export interface Handler {
  /** Throws for a failure that is worth another try, and {@link refusal} for one that no try can fix. */
  run(task: unknown, turn: Turn): Promise<unknown>
  /** Whether this machine has the repository; a job may wait briefly for one that has it. Default: always. */
  has?(repository: string): Promise<boolean>
  close(): Promise<void>
}

/** This worker doesn't do such work: no try can fix it, and no similar job will run. */
export function refusal(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'job-refused' })
}

/** How jobs are taken. */
export interface TakeOptions {
  readonly queue: QueueName
  /** Jobs at once. */
  readonly places: number
  readonly membership: Membership
  readonly machine: string
  /** Opens what runs the jobs of these settings. Throws {@link refusal}. */
  readonly open: (kind: string, settings: unknown) => Promise<Handler>
}

/** Takes jobs until it is closed. */
export interface Taking {
  /** Takes no more jobs, and waits for those that run; what still runs after `drainMs` goes back to the queue. */
  close(drainMs: number): Promise<void>
  /** Number of running jobs. */
  running(): number
}

/** If a worker doesn't renew its lock on a job for this long, it has died, and another worker gets the job. */
const LOCK_MS = 15_000
const STALLED_CHECK_MS = 5_000
/** Deaths of whole workers don't count against a job; this only prevents endless repetition. */
const MAX_STALLS = 100
/** A job waits this many times for a machine that has its repository, first 100 ms, then twice as long each time. */
const MAX_DECLINES = 3
const DECLINE_MS = 100
/** Maximum number of open handlers; the least recently used are closed first. */
const MAX_HANDLERS = 4

/** Takes jobs over a link, which the caller closes afterwards. */
export async function takeJobs(link: QueueLink, options: TakeOptions): Promise<Taking> {
  const taker = new Taker(link, options)
  await taker.start()
  return taker
}

interface KeptHandler {
  readonly opening: Promise<Handler>
  /** Jobs running with it. */
  users: number
}

/** How a try ends, for the metrics. */
type End = 'done' | 'failed' | 'set-aside'

/** Why a job is stopped, as the reason of its signal. */
const STOPS = {
  cancelled: new Error('The job was cancelled.'),
  draining: new Error('The worker is shutting down.'),
  lost: new Error('Another worker has taken over the job.'),
} as const

class Taker implements Taking {
  readonly #link: QueueLink
  readonly #options: TakeOptions
  readonly #handlers = new Map<string, KeptHandler>()
  readonly #active = new Map<string, AbortController>()
  readonly #warm = new Set<string>()
  readonly #worker: Worker<JobData>

  constructor(link: QueueLink, options: TakeOptions) {
    this.#link = link
    this.#options = options
    this.#worker = new link.bullmq.Worker<JobData>(options.queue, (job, token) => this.#process(job, token ?? ''), {
      connection: link.redis,
      prefix: PREFIX,
      concurrency: options.places,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: MAX_STALLS,
      // A worker notices soon that Redis is back.
      runRetryDelay: 500,
      autorun: false,
    })
  }

  async start(): Promise<void> {
    const worker = this.#worker
    worker.on('error', (error) => this.#tell(error))
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#stop(id, STOPS.lost)
    })
    const subscriber = this.#link.duplicate()
    await subscriber.subscribe(cancelChannel(this.#options.queue))
    subscriber.on('message', (_, id: string) => this.#stop(id, STOPS.cancelled))
    await worker.waitUntilReady()
    worker.run().catch((error: Error) => this.#tell(error))
  }

  running(): number {
    return this.#active.size
  }

  async close(drainMs: number): Promise<void> {
    const controller = new AbortController()
    const late = sleep(drainMs, undefined, { signal: controller.signal }).then(
      () => {
        for (const id of this.#active.keys()) this.#stop(id, STOPS.draining)
      },
      () => undefined,
    )
    // Without a connection the library waits for one, although no job is left to report.
    await this.#worker.close(this.#active.size === 0 && this.#link.redis.status !== 'ready')
    controller.abort()
    await late
    const opened = await Promise.allSettled([...this.#handlers.values()].map(({ opening }) => opening))
    await Promise.all(opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value.close()] : [])))
  }

  #stop(id: string, why: Error): void {
    this.#active.get(id)?.abort(why)
  }

  async #process(job: QueuedJob<JobData>, token: string): Promise<null> {
    const { id = '', data } = job
    const controller = new AbortController()
    this.#active.set(id, controller)
    try {
      // A worker that just lost its lock on the job may have left its outcome.
      const known = await this.#link.redis.exists(outcomeKey(this.#options.queue, id))
      if (known === 1 && job.attemptsStarted > 1) return null
      return await this.#withHandler(data, async (handler) => {
        if (await this.#declines(job, handler)) return this.#giveAway(job, token)
        await this.#runTurn(job, handler, controller.signal)
        return null
      })
    } catch (error) {
      return await this.#fail(job, token, { error, stopped: controller.signal.reason })
    } finally {
      this.#active.delete(id)
    }
  }

  async #runTurn(job: QueuedJob<JobData>, handler: Handler, signal: AbortSignal): Promise<void> {
    const { id = '', data } = job
    let events = 0
    let sending: Promise<unknown> = Promise.resolve()
    const emit = (event: unknown): void => {
      const { listener } = data
      if (listener === null) return
      events += 1
      sending = sending.then(async () => {
        const parcel = await packParcel(event)
        await this.#link.redis.publish(eventsChannel(listener), Buffer.concat([Buffer.from(`${id}\n`), parcel]))
      })
    }
    const isSuspect = job.stalledCounter > 0 || job.attemptsMade > 0
    let end: End = 'done'
    const setAside = (): void => void (end = 'set-aside')
    const turn: Turn = { signal, isSuspect, isLastTry: isLastTry(job), emit, setAside }
    const value = await handler.run(fromText(data.task), turn)
    signal.throwIfAborted()
    await sending
    await this.#keep(id, { ok: true, value, events })
    await this.#count(end)
    if (data.repository !== null) await this.#noteWarm(data.repository)
  }

  /** A job stopped by a drain returns to the queue, a cancelled one ends; any other failure counts as a try. */
  async #fail(
    job: QueuedJob<JobData>,
    token: string,
    { error, stopped }: { readonly error: unknown; readonly stopped: unknown },
  ): Promise<never> {
    const { UnrecoverableError, WaitingError, DelayedError } = this.#link.bullmq
    if (error instanceof DelayedError) throw error
    const message = error instanceof Error ? error.message : String(error)
    if (stopped === STOPS.draining) {
      await job.moveToWait(token)
      throw new WaitingError()
    }
    if (stopped === STOPS.cancelled) throw new UnrecoverableError(message)
    const code = error instanceof FuseSearchError ? error.code : 'bug'
    const isRefused = code === 'job-refused'
    await this.#count(isRefused || isLastTry(job) ? 'set-aside' : 'failed')
    if (isRefused || isLastTry(job)) await this.#keep(job.id ?? '', { ok: false, code, message, isRefused })
    throw isRefused ? new UnrecoverableError(message) : new Error(message)
  }

  async #count(end: End): Promise<void> {
    await this.#link.redis.hincrby(countsKey(this.#options.queue), end, 1)
  }

  async #keep(id: string, outcome: Outcome): Promise<void> {
    const parcel = await packParcel(outcome)
    await this.#link.redis.set(outcomeKey(this.#options.queue, id), parcel, 'EX', KEEP_SECONDS)
  }

  /** Runs `work` with the handler of a job's settings, which stays open meanwhile. */
  async #withHandler<T>({ kind, settings }: JobData, work: (handler: Handler) => Promise<T>): Promise<T> {
    const key = `${kind}:${settings}`
    const kept = this.#handlers.get(key) ?? { opening: this.#open(kind, settings), users: 0 }
    // The most recently used one is last.
    this.#handlers.delete(key)
    this.#handlers.set(key, kept)
    kept.users += 1
    try {
      return await work(await kept.opening)
    } catch (error) {
      // After a failure to open, the next job tries again.
      if (!(await hasOpened(kept)) && this.#handlers.get(key) === kept) this.#handlers.delete(key)
      throw error
    } finally {
      kept.users -= 1
      this.#closeIdle()
    }
  }

  async #open(kind: string, settings: string): Promise<Handler> {
    const parcel = await this.#link.redis.getBuffer(settingsKey(settings))
    if (parcel === null) throw new Error('the settings of the job are missing in the queue')
    return this.#options.open(kind, await unpackParcel(parcel))
  }

  /** Closes unused handlers beyond the limit, the least recently used first. */
  #closeIdle(): void {
    for (const [key, kept] of this.#handlers) {
      if (this.#handlers.size <= MAX_HANDLERS) return
      if (kept.users > 0) continue
      this.#handlers.delete(key)
      kept.opening.then((one) => one.close()).catch((error: Error) => this.#tell(error))
    }
  }

  /** Delay scheduling (Zaharia et al. 2010): a job waits a little for a machine that needn't fetch its repository. */
  async #declines(job: QueuedJob<JobData>, handler: Handler): Promise<boolean> {
    const { repository } = job.data
    if (repository === null || handler.has === undefined || declinesOf(job) >= MAX_DECLINES) return false
    if (this.#warm.has(repository) || (await handler.has(repository))) return false
    const { machine, membership } = this.#options
    const having = await this.#link.redis.smembers(warmKey(repository))
    const alive = membership.members().filter(({ role }) => role === 'worker')
    return alive.some((member) => member.machine !== machine && having.includes(member.machine))
  }

  async #giveAway(job: QueuedJob<JobData>, token: string): Promise<never> {
    await job.moveToDelayed(Date.now() + DECLINE_MS * 2 ** declinesOf(job), token)
    throw new this.#link.bullmq.DelayedError()
  }

  async #noteWarm(repository: string): Promise<void> {
    if (this.#warm.has(repository)) return
    this.#warm.add(repository)
    const key = warmKey(repository)
    await this.#link.redis.multi().sadd(key, this.#options.machine).expire(key, KEEP_SECONDS).exec()
  }

  #tell(error: Error): void {
    // The link itself reports lost connections.
    if (/ECONN|EPIPE|Connection is closed/.test(error.message)) return
    this.#link.onTrouble(`The queue: ${this.#link.redact(error.message)}`)
  }
}

function isLastTry(job: QueuedJob): boolean {
  return job.attemptsMade + 1 >= MAX_TRIES
}

/** Starts that failed; neither a failure of the job nor the death of a worker. */
function declinesOf(job: QueuedJob): number {
  return Math.max(0, job.attemptsStarted - job.attemptsMade - job.stalledCounter - 1)
}

async function hasOpened({ opening }: KeptHandler): Promise<boolean> {
  return opening.then(
    () => true,
    () => false,
  )
}
