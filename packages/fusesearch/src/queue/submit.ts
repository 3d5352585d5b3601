import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Queue } from 'bullmq'
import { z } from 'zod'
import { type ErrorCode, FuseSearchError, untilAborted } from '../core/index.ts'
import { PREFIX, type QueueLink } from './connect.ts'
import {
  cancelChannel,
  eventsChannel,
  FIRST_WAIT_MS,
  type Job,
  type JobData,
  KEEP_SECONDS,
  MAX_TRIES,
  type Outcome,
  outcomeKey,
  type QueueName,
  type SharedSettings,
  settingsKey,
} from './job.ts'
import { packParcel, toText, unpackParcel } from './parcel.ts'

/** A job failed after all its tries, on workers. */
export class JobFailed extends Error {
  readonly code: string
  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

/** How to wait for a job. */
export interface RunOptions {
  /** An abort removes the job from the queue if it hasn't begun; `stops` also stops one that has. */
  readonly signal: AbortSignal
  readonly stops?: boolean
  /** Receives the events of the job, in order, before its result. */
  readonly onEvent?: (event: unknown) => void
}

/** Submits jobs and waits for their outcomes. */
export interface Submitter {
  /**
   * Runs a job on some worker. If a job with this id is already in the queue, it waits for that one. Rejects with
   * {@link JobFailed} after the last try, with a FuseSearchError if no worker may run it or Redis refuses it, and with
   * the reason of an abort.
   */
  run(job: Job, options: RunOptions): Promise<unknown>
  /** Removes the job's data from Redis. Call it once the result is safe. */
  forget(id: string): Promise<void>
  /** Number of submitted jobs without an outcome. */
  pending(): number
  close(): Promise<void>
}

/** Interval at which silent jobs are checked: events may be lost, and a Redis without persistence forgets its jobs. */
const SWEEP_MS = 3_000
/** Events of a job are awaited this long after its result. */
const LATE_EVENTS_MS = 2_000
/** An aborted job waits this long for its removal from the queue. An unreachable Redis does it when it is back. */
const WITHDRAW_MS = 2_000

/** Settings in the form in which jobs share them. */
export function shareSettings(kind: string, settings: unknown): SharedSettings {
  const key = createHash('sha256')
    .update(`${kind}\n${toText(settings)}`)
    .digest('hex')
    .slice(0, 40)
  return { kind, key, settings }
}

interface Pending {
  readonly job: Job
  readonly onEvent: ((event: unknown) => void) | undefined
  readonly settle: (outcome: Outcome) => void
  events: number
  /** Missing at the previous check; a job that was just added gets a second check. */
  isMissing: boolean
}

/** Submits jobs over a link, which the caller closes afterwards. */
export async function createSubmitter(link: QueueLink, name: QueueName): Promise<Submitter> {
  const submitter = new QueueSubmitter(link, name)
  await submitter.open()
  return submitter
}

/** The outcome of a job. An unreadable parcel is a failure, because waiting for a better one would never end. */
async function readOutcome(parcel: Buffer): Promise<Outcome> {
  try {
    const { data } = outcomeSchema.safeParse(await unpackParcel(parcel))
    if (data !== undefined) return data
  } catch {
    // Not a parcel, or too large: the same error.
  }
  const message = "The job's result in Redis can't be read."
  return { ok: false, code: 'worker-died', message, isRefused: false }
}

const outcomeSchema: z.ZodType<Outcome> = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown(), events: z.number() }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string(), isRefused: z.boolean() }),
])

class QueueSubmitter implements Submitter {
  readonly #link: QueueLink
  readonly #name: QueueName
  readonly #queue: Queue
  readonly #listener = randomUUID()
  readonly #pending = new Map<string, Pending>()
  readonly #stored = new Map<string, Promise<void>>()
  readonly #closers: (() => Promise<unknown>)[] = []
  #unpacking: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(link: QueueLink, name: QueueName) {
    this.#link = link
    this.#name = name
    this.#queue = new link.bullmq.Queue(name, { connection: link.redis, prefix: PREFIX, skipVersionCheck: false })
  }

  async open(): Promise<void> {
    const { bullmq } = this.#link
    const connection = this.#link.duplicate()
    const events = new bullmq.QueueEvents(this.#name, { connection, prefix: PREFIX })
    events.on('completed', ({ jobId }) => void this.#look(jobId))
    events.on('failed', ({ jobId, failedReason }) => void this.#look(jobId, failedReason))
    this.#queue.on('error', (error) => this.#tell(error))
    events.on('error', (error) => this.#tell(error))
    const subscriber = this.#link.duplicate()
    await subscriber.subscribe(eventsChannel(this.#listener))
    subscriber.on('messageBuffer', (_, message: Buffer) => this.#receive(message))
    const timer = setInterval(() => void this.#sweep(), SWEEP_MS)
    this.#closers.push(
      async () => clearInterval(timer),
      () => events.close(),
      () => this.#queue.close(),
    )
    await events.waitUntilReady()
  }

  async run(job: Job, { signal, onEvent, stops = false }: RunOptions): Promise<unknown> {
    signal.throwIfAborted()
    const { pending, outcome } = this.#expect(job, onEvent)
    try {
      // Without a connection this would wait until Redis is back.
      await untilAborted(this.#add(pending), signal)
      // It may have ended under an earlier submitter.
      void this.#look(job.id)
      const found = await untilAborted(outcome, signal)
      if (found.ok) return await this.#lateEvents(pending, found)
      if (found.isRefused) throw new FuseSearchError(found.message, { code: found.code as ErrorCode })
      throw new JobFailed(found.message, found.code)
    } catch (error) {
      if (signal.aborted) await Promise.race([this.#withdraw(job.id, stops), sleep(WITHDRAW_MS, null, { ref: false })])
      throw this.#link.failure(error)
    } finally {
      this.#pending.delete(job.id)
    }
  }

  #expect(job: Job, onEvent: Pending['onEvent']): { readonly pending: Pending; readonly outcome: Promise<Outcome> } {
    const expected: { pending?: Pending } = {}
    const outcome = new Promise<Outcome>((settle) => {
      expected.pending = { job, onEvent, settle, events: 0, isMissing: false }
    })
    const pending = expected.pending as Pending
    this.#pending.set(job.id, pending)
    return { pending, outcome }
  }

  async forget(id: string): Promise<void> {
    await this.#link.redis.del(outcomeKey(this.#name, id))
    await this.#queue.remove(id)
  }

  pending(): number {
    return this.#pending.size
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const close of this.#closers) await close().catch((error: Error) => this.#tell(error))
  }

  async #add({ job, onEvent }: Pending): Promise<void> {
    const { id, repository, settings, task } = job
    await this.#store(settings)
    const listener = onEvent === undefined ? null : this.#listener
    const data: JobData = { kind: settings.kind, settings: settings.key, task: toText(task), repository, listener }
    const keep = { age: KEEP_SECONDS }
    await this.#queue.add(settings.kind, data, {
      jobId: id,
      attempts: MAX_TRIES,
      backoff: { type: 'exponential', delay: FIRST_WAIT_MS },
      removeOnComplete: keep,
      removeOnFail: keep,
    })
  }

  #store({ key, settings }: SharedSettings): Promise<void> {
    const known = this.#stored.get(key)
    if (known !== undefined) return known
    const storing = packParcel(settings).then(async (parcel) => {
      await this.#link.redis.set(settingsKey(key), parcel, 'EX', KEEP_SECONDS)
    })
    this.#stored.set(key, storing)
    storing.catch(() => this.#stored.delete(key))
    return storing
  }

  /** Checks whether a job has ended, and settles it. `reason`: it failed and its worker couldn't say why. */
  async #look(id: string, reason?: string): Promise<void> {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    try {
      const [finishedOn, failedReason] = await this.#link.redis.hmget(this.#jobKey(id), 'finishedOn', 'failedReason')
      if (finishedOn === null) return
      const parcel = await this.#link.redis.getBuffer(outcomeKey(this.#name, id))
      if (parcel !== null) return pending.settle(await readOutcome(parcel))
      const why = reason ?? failedReason
      // Completed without an outcome: another submitter fetched and removed it, so the work is done again.
      if (why === undefined || why === null) {
        await this.forget(id)
        return await this.#add(pending)
      }
      pending.settle({
        ok: false,
        code: 'worker-died',
        message: `No worker could finish the job: ${why}.`,
        isRefused: false,
      })
    } catch (error) {
      this.#tell(error as Error)
    }
  }

  /** Checks every job that is waited for, and adds those that Redis has lost. */
  async #sweep(): Promise<void> {
    const ids = [...this.#pending.keys()]
    if (ids.length === 0 || this.#isClosed || !this.#link.isConnected()) return
    try {
      const pipeline = this.#link.redis.pipeline()
      for (const id of ids) pipeline.hmget(this.#jobKey(id), 'timestamp', 'finishedOn')
      const found = (await pipeline.exec()) ?? []
      for (const [index, id] of ids.entries()) {
        const [timestamp, finishedOn] = (found[index]?.[1] ?? []) as (string | null)[]
        const pending = this.#pending.get(id)
        if (pending === undefined) continue
        if (finishedOn !== null && finishedOn !== undefined) await this.#look(id)
        else if (timestamp === null && pending.isMissing) await this.#addAgain(pending)
        else pending.isMissing = timestamp === null
      }
    } catch (error) {
      this.#tell(error as Error)
    }
  }

  async #addAgain(pending: Pending): Promise<void> {
    pending.isMissing = false
    this.#stored.delete(pending.job.settings.key)
    await this.#add(pending)
  }

  async #withdraw(id: string, stops: boolean): Promise<void> {
    try {
      const removed = await this.#queue.remove(id)
      if (removed === 0 && stops) await this.#link.redis.publish(cancelChannel(this.#name), id)
    } catch (error) {
      this.#tell(error as Error)
    }
  }

  /**
   * A message is the job's id, a line break and a parcel. Parcels are unpacked one after another, which keeps their
   * order.
   */
  #receive(message: Buffer): void {
    const end = message.indexOf(0x0a)
    const pending = this.#pending.get(message.toString('latin1', 0, end))
    if (pending?.onEvent === undefined) return
    this.#unpacking = this.#unpacking.then(async () => {
      try {
        const event = await unpackParcel(message.subarray(end + 1))
        pending.events += 1
        pending.onEvent?.(event)
      } catch (error) {
        this.#tell(error as Error)
      }
    })
  }

  async #lateEvents(pending: Pending, { value, events }: Extract<Outcome, { ok: true }>): Promise<unknown> {
    const until = performance.now() + LATE_EVENTS_MS
    while (pending.onEvent !== undefined && pending.events < events && performance.now() < until) await sleep(2)
    return value
  }

  #jobKey(id: string): string {
    return `${PREFIX}:${this.#name}:${id}`
  }

  #tell(error: Error): void {
    // The link itself reports lost connections.
    if (this.#isClosed || /ECONN|EPIPE|Connection is closed/.test(error.message)) return
    this.#link.onTrouble(`The queue: ${this.#link.redact(error.message)}`)
  }
}
