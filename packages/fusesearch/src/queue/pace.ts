import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pace } from '../models/index.ts'
import { PREFIX, type QueueLink } from './connect.ts'

/** The limits of an endpoint per minute; null for no limit. */
export interface PaceLimits {
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
}

/** The endpoint and its limits. */
export interface PaceOptions extends PaceLimits {
  /** Identifies the endpoint: everyone with the same name shares its limits. */
  readonly endpoint: string
  /** A minute; less in tests. */
  readonly windowMs?: number
}

/** A waiting request checks again at the latest after this time, because another may have left early. */
const MAX_WAIT_MS = 1_000
/** A `Retry-After` above this affects only the request that got it. */
const MAX_HOLD_MS = 120_000

/**
 * Admits a request, or returns how many milliseconds to wait. The log has the requests of the last window with their
 * tokens, so that no window exceeds the limits, wherever it begins. A request above the limit runs alone.
 */
const ENTER = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window, tokens = tonumber(ARGV[1]), tonumber(ARGV[3])
local maxRequests, maxTokens = tonumber(ARGV[4]), tonumber(ARGV[5])
local held = redis.call('PTTL', KEYS[2])
if held > 0 then return held end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local log = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
local requests = #log / 2
local wait = 0
if maxRequests > 0 and requests >= maxRequests then
  wait = log[2 * (requests - maxRequests + 1)] + window - now
end
if maxTokens > 0 then
  local sum = 0
  for i = 1, #log, 2 do sum = sum + tonumber(string.match(log[i], '|(%d+)$')) end
  local i = 1
  while i < #log and sum + tokens > maxTokens do
    sum = sum - tonumber(string.match(log[i], '|(%d+)$'))
    wait = math.max(wait, log[i + 1] + window - now)
    i = i + 2
  end
end
if wait > 0 then return math.ceil(wait) end
redis.call('ZADD', KEYS[1], now, ARGV[2] .. '|' .. ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return 0`

/** Replaces a request's expected tokens by the actual ones. */
const SETTLE = `
local at = redis.call('ZSCORE', KEYS[1], ARGV[1] .. '|' .. ARGV[2])
if not at then return 0 end
redis.call('ZREM', KEYS[1], ARGV[1] .. '|' .. ARGV[2])
redis.call('ZADD', KEYS[1], at, ARGV[1] .. '|' .. ARGV[3])
return 1`

/** Rate limits shared by all processes of a queue, by the clock of Redis. */
export function createSharedPace({ redis }: Pick<QueueLink, 'redis'>, options: PaceOptions): Pace {
  const { endpoint, windowMs = 60_000, requestsPerMinute, tokensPerMinute } = options
  const name = createHash('sha256').update(endpoint).digest('hex').slice(0, 24)
  const [log, hold] = [`${PREFIX}:pace:${name}`, `${PREFIX}:pace-hold:${name}`]
  return {
    async enter(tokens, signal) {
      const id = randomUUID()
      const given = [windowMs, id, tokens, requestsPerMinute ?? 0, tokensPerMinute ?? 0]
      for (;;) {
        signal.throwIfAborted()
        const waitMs = Number(await redis.eval(ENTER, 2, log, hold, ...given))
        if (waitMs <= 0) break
        await sleep(Math.min(waitMs, MAX_WAIT_MS), undefined, { signal }).catch(() => signal.throwIfAborted())
      }
      return async (used) => void (await redis.eval(SETTLE, 1, log, id, tokens, Math.ceil(used)))
    },
    async hold(ms) {
      const bounded = Math.ceil(Math.min(ms, MAX_HOLD_MS))
      if (bounded > 0) await redis.set(hold, '1', 'PX', bounded)
    },
  }
}
