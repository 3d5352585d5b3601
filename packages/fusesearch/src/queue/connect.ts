import type { Redis, RedisOptions } from 'ioredis'
import { FuseSearchError, joinSignals, untilAborted } from '../core/index.ts'
import { createRedactor } from '../models/index.ts'
import { parseQueueAddress, type QueueAddress } from './address.ts'

/** The prefix of all our keys in Redis. */
export const PREFIX = 'fusesearch'

/** The tested versions; docs/decisions/dependencies.md has them too. */
const INSTALL = 'npm install --ignore-scripts bullmq@6.7.0 ioredis@6.0.0'

const CONNECT_TIMEOUT_MS = 5_000
/** If there is a connection but no answer within this time, the other side isn't Redis. */
const FIRST_ANSWER_MS = 10_000
/** Waits between attempts to reconnect grow up to this. */
const MAX_RETRY_WAIT_MS = 2_000

type Bullmq = typeof import('bullmq')

/** A connection to the queue's Redis, with the libraries that use it. */
export interface QueueLink {
  /** The address for display. */
  readonly address: string
  readonly redis: Redis
  readonly bullmq: Bullmq
  /** Removes the password from a text. */
  readonly redact: (text: string) => string
  /**
   * Called when the connection breaks and when it is back, once each, and for other failures outside jobs, once a
   * minute.
   */
  readonly onTrouble: (line: string) => void
  /**
   * The failure of a command: FuseSearchError `queue-unreachable` if Redis refuses it (it is full, takes no writes, or
   * this user may not do it); any other error unchanged.
   */
  readonly failure: (error: unknown) => unknown
  /** Whether there is a connection at the moment. */
  readonly isConnected: () => boolean
  /** Another connection, for commands that block or listen; closed with the link. */
  duplicate(): Redis
  close(): Promise<void>
}

/** Options of a connection. */
export interface ConnectOptions {
  /** The value of `--queue`. */
  readonly queue: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly onTrouble: (line: string) => void
  /** Ends the wait for the first answer. */
  readonly signal?: AbortSignal
}

/**
 * Connects. Later losses of the connection are waited out, and pending commands are then sent.
 * Throws FuseSearchError `bad-argument` for a wrong address, `queue-missing` without the libraries, and
 * `queue-unreachable` if no Redis answers or it refuses the password. Rejects with the reason of the signal.
 */
export async function connectQueue({ queue, env, onTrouble, signal }: ConnectOptions): Promise<QueueLink> {
  const address = parseQueueAddress(queue, env)
  const redact = createRedactor(undefined, address.secrets)
  const { bullmq, ioredis } = await loadLibraries()
  const open: Redis[] = []
  const make = (): Redis => {
    const redis = new ioredis.Redis(optionsOf(address))
    open.push(redis)
    return redis
  }
  const redis = make()
  watch(redis, { shown: address.shown, redact, onTrouble })
  const close = async (): Promise<void> => {
    for (const one of open) one.disconnect()
    await Promise.resolve()
  }
  try {
    await firstAnswer(redis, signal)
  } catch (error) {
    await close()
    signal?.throwIfAborted()
    const why = redact(error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
    const message = `The queue at ${address.shown} can't be used: ${why}. ${nextStep(error)}`
    throw new FuseSearchError(message, { code: 'queue-unreachable' })
  }
  const duplicate = (): Redis => {
    const one = make()
    // The first connection reports losses; without a listener the library would print each error.
    one.on('error', () => undefined)
    return one
  }
  const failure = (error: unknown): unknown => {
    if (!(error instanceof Error) || error.name !== 'ReplyError') return error
    const message = `The queue at ${address.shown} refuses a command: ${plainReply(redact(error.message))}. Check its memory limit (maxmemory), whether it accepts writes, and the permissions of its user.`
    return new FuseSearchError(message, { code: 'queue-unreachable', cause: error })
  }
  const isConnected = (): boolean => redis.status === 'ready'
  const tell = atIntervals(onTrouble)
  return { address: address.shown, redis, bullmq, redact, onTrouble: tell, failure, isConnected, duplicate, close }
}

/** What Node's TLS says of a certificate that no known authority signed. */
const UNKNOWN_AUTHORITY =
  /^(?:SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER_CERT(?:_LOCALLY)?|VERIFY_LEAF_SIGNATURE))$/

function nextStep(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (UNKNOWN_AUTHORITY.test(code)) {
    return 'If its certificate is of your own authority, name the file of that in NODE_EXTRA_CA_CERTS.'
  }
  return 'Start Redis 6.2 or Valkey 7.2 there, or correct --queue; the password may be in FUSESEARCH_QUEUE_PASSWORD.'
}

/** Redis's message, without the position in our script. */
function plainReply(message: string): string {
  return message.replace(/ script: [0-9a-f]{40}, on @.*$/s, '').replace(/\.$/, '')
}

/** The same line is reported at most once in this time. */
const REPEAT_AFTER_MS = 60_000
const MAX_TOLD = 100

/** Drops a line that was just reported: a lasting problem comes up several times a second. */
function atIntervals(tell: (line: string) => void): (line: string) => void {
  const told = new Map<string, number>()
  return (line) => {
    const now = performance.now()
    const last = told.get(line)
    if (last !== undefined && now - last < REPEAT_AFTER_MS) return
    if (told.size >= MAX_TOLD) told.clear()
    told.set(line, now)
    tell(line)
  }
}

async function loadLibraries(): Promise<{
  readonly bullmq: Bullmq
  readonly ioredis: { readonly Redis: new (options: RedisOptions) => Redis }
}> {
  try {
    const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')])
    return { bullmq, ioredis }
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    const message = `--queue needs the packages bullmq and ioredis, which don't load: ${reason.replace(/\.$/, '')}. Install them next to fusesearch: ${INSTALL}`
    throw new FuseSearchError(message, { code: 'queue-missing', cause: error })
  }
}

function optionsOf(address: QueueAddress): RedisOptions {
  const { host, port, database, isEncrypted, user, password } = address
  return {
    host,
    port,
    db: database,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(isEncrypted ? { tls: {} } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    // A command waits for the connection without a limit.
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(times * 100, MAX_RETRY_WAIT_MS),
  }
}

/** Waits for the first answer; an error of the first attempt ends the wait. */
async function firstAnswer(redis: Redis, signal: AbortSignal | undefined): Promise<void> {
  let onError: ((error: Error) => void) | undefined
  const failed = new Promise<never>((_, reject) => {
    onError = reject
    redis.once('error', reject)
  })
  const late = AbortSignal.timeout(FIRST_ANSWER_MS)
  const ended = joinSignals([signal, late])
  try {
    const answer: string = await untilAborted(Promise.race([redis.ping(), failed]), ended.signal)
    if (answer !== 'PONG') throw new Error("the server there isn't Redis")
  } catch (error) {
    if (late.aborted) throw new Error(`it gave no answer within ${FIRST_ANSWER_MS / 1_000} s`, { cause: error })
    throw error
  } finally {
    ended.close()
    if (onError !== undefined) redis.off('error', onError)
    failed.catch(() => undefined)
  }
}

interface Watching {
  readonly shown: string
  readonly redact: (text: string) => string
  readonly onTrouble: (line: string) => void
}

function watch(redis: Redis, { shown, redact, onTrouble }: Watching): void {
  let isLost = false
  let wasReady = false
  redis.on('error', (error: Error) => {
    if (isLost || !wasReady) return
    isLost = true
    onTrouble(`The connection to the queue at ${shown} is lost (${redact(error.message)}). Waiting for it.`)
  })
  redis.on('ready', () => {
    if (isLost) onTrouble(`The connection to the queue at ${shown} is back.`)
    isLost = false
    wasReady = true
  })
}
