import { createHash } from 'node:crypto'
import { PREFIX } from './connect.ts'

/** The two queues: requests of `serve`, for which someone waits, and work of the lab, which takes hours. */
export type QueueName = 'serve' | 'lab'

/** A job for submission. */
export interface Job {
  /** Identifies the job in its queue: the same work has the same id, so that it is never in the queue twice. */
  readonly id: string
  /** The kind of work, see {@link SharedSettings}. */
  readonly settings: SharedSettings
  /** Plain data. */
  readonly task: unknown
  /** The repository that the job needs, as `owner/name`; null if none is fetched. */
  readonly repository: string | null
}

/** Settings that many jobs share; they are stored once. */
export interface SharedSettings {
  /** The handler that runs the jobs. */
  readonly kind: string
  /** Digest of the settings. */
  readonly key: string
  readonly settings: unknown
}

/** The data of a job in the queue. */
export interface JobData {
  readonly kind: string
  readonly settings: string
  readonly task: string
  readonly repository: string | null
  /** Where its events are published; null for nobody. */
  readonly listener: string | null
}

/** The outcome of a job. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown; readonly events: number }
  /** `isRefused`: no worker of this kind can run it, or any similar job. */
  | { readonly ok: false; readonly code: string; readonly message: string; readonly isRefused: boolean }

/** A job fails for good after this many tries. */
export const MAX_TRIES = 3
/** Wait before the second try; each further wait is twice as long. */
export const FIRST_WAIT_MS = 1_000
/** Outcomes that nobody fetches, and settings that nobody refreshes, are dropped after a week. */
export const KEEP_SECONDS = 7 * 86_400

export const settingsKey = (digest: string): string => `${PREFIX}:settings:${digest}`
export const outcomeKey = (queue: QueueName, id: string): string => `${PREFIX}:outcome:${queue}:${id}`
export const eventsChannel = (listener: string): string => `${PREFIX}:events:${listener}`
export const cancelChannel = (queue: QueueName): string => `${PREFIX}:cancel:${queue}`
export const countsKey = (queue: QueueName): string => `${PREFIX}:counts:${queue}`
export const warmKey = (repository: string): string => `${PREFIX}:warm:${repository.toLowerCase()}`

/** An id for a job, derived from everything that identifies it. */
export function jobId(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:${part}`)
  // The library accepts no number as an id.
  return `j${hash.digest('hex').slice(0, 40)}`
}
