import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { FuseSearchError } from '../core/index.ts'
import { PREFIX, type QueueLink } from './connect.ts'

/** Everything besides the job that determines its results: all members of a queue must have the same. */
export interface Fingerprint {
  readonly version: string
  /** Digest of the product's code. */
  readonly code: string
  /** Digest of the lab's code; null if the lab isn't installed. */
  readonly lab: string | null
  /** Digest of the weights that ship with the program. */
  readonly weights: string
  /** Version of ripgrep. */
  readonly rg: string | null
}

/** A member of the queue: it submits jobs or takes them. */
export interface Member {
  readonly id: string
  readonly role: 'submitter' | 'worker'
  /** The same for all processes that share a cache folder. */
  readonly machine: string
  /** Jobs at once; 0 for a submitter. */
  readonly places: number
  readonly fingerprint: Fingerprint
  /** Names of the folders that requests may search, for a worker of `serve`. */
  readonly roots: readonly string[]
}

const memberSchema: z.ZodType<Member> = z.object({
  id: z.string(),
  role: z.enum(['submitter', 'worker']),
  machine: z.string(),
  places: z.number(),
  fingerprint: z.object({
    version: z.string(),
    code: z.string(),
    lab: z.string().nullable(),
    weights: z.string(),
    rg: z.string().nullable(),
  }),
  roots: z.array(z.string()),
})

/** A membership in a queue. */
export interface Membership {
  readonly id: string
  /** All members at the last heartbeat of this one, itself included. */
  members(): readonly Member[]
  leave(): Promise<void>
}

const BEAT_MS = 3_000
/** A member without a heartbeat for this long is gone. */
const GONE_MS = 15_000
/** Leaving waits this long for Redis; without a farewell the others notice the missing heartbeat. */
const FAREWELL_MS = 1_000

/** Records the member's heartbeat, drops members that are gone, and returns the rest. Time is that of Redis. */
const BEAT = `
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ms - ARGV[1])) do
  redis.call('ZREM', KEYS[1], id)
  redis.call('HDEL', KEYS[2], id)
end
if ARGV[2] ~= '' then
  redis.call('ZADD', KEYS[1], ms, ARGV[2])
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
end
return redis.call('HVALS', KEYS[2])`

const KEYS = [`${PREFIX}:alive`, `${PREFIX}:members`] as const

/**
 * Joins the queue. Throws FuseSearchError `queue-mismatch` if a member has another version, other code or other
 * weights, or can't be read, because results would differ. Throws `queue-unreachable` if Redis refuses.
 */
export async function joinQueue(link: QueueLink, about: Omit<Member, 'id'>): Promise<Membership> {
  const member: Member = { ...about, id: randomUUID() }
  const beat = (): Promise<Found> => listMembers(link, member)
  const leave = async (): Promise<void> => {
    const farewell = link.redis.multi().zrem(KEYS[0], member.id).hdel(KEYS[1], member.id).exec()
    await Promise.race([farewell, sleep(FAREWELL_MS, undefined, { ref: false })])
  }
  refuseOthers(await listMembers(link), member, link)
  let found = await beat()
  try {
    // Another one may have joined at the same moment.
    refuseOthers(found, member, link)
  } catch (error) {
    await leave()
    throw error
  }
  const timer = setInterval(() => {
    beat().then(
      (now) => (found = now),
      (error: Error) => link.onTrouble(`The heartbeat to the queue failed: ${link.redact(error.message)}`),
    )
  }, BEAT_MS)
  timer.unref()
  return {
    id: member.id,
    members: () => found.members,
    async leave() {
      clearInterval(timer)
      await leave()
    },
  }
}

/** The members of a queue. */
export async function readMembers(link: QueueLink): Promise<readonly Member[]> {
  return (await listMembers(link)).members
}

interface Found {
  readonly members: readonly Member[]
  /** Entries in another format, as another version of the program may leave them. */
  readonly unreadable: number
}

/** Lists the members, after a heartbeat of `own`. */
async function listMembers(link: QueueLink, own?: Member): Promise<Found> {
  const given = own === undefined ? ['', ''] : [own.id, JSON.stringify(own)]
  try {
    const texts = (await link.redis.eval(BEAT, 2, ...KEYS, GONE_MS, ...given)) as string[]
    const members = texts.flatMap((text) => parseMember(text) ?? [])
    return { members, unreadable: texts.length - members.length }
  } catch (error) {
    throw link.failure(error)
  }
}

function parseMember(text: string): Member | undefined {
  try {
    return memberSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function refuseOthers({ members, unreadable }: Found, own: Member, link: QueueLink): void {
  const step =
    'Install the same version on all machines, or use another database of Redis, such as redis://HOST:PORT/1.'
  const refuse = (by: string): never => {
    throw new FuseSearchError(`The queue at ${link.address} is used by ${by}. ${step}`, { code: 'queue-mismatch' })
  }
  if (unreadable > 0) refuse("a program whose entry this one can't read")
  for (const other of members) {
    const differs = differences(other.fingerprint, own.fingerprint)
    if (differs.length > 0) refuse(`a ${other.role} that differs from this program: ${differs.join(', ')}`)
  }
}

function differences(theirs: Fingerprint, own: Fingerprint): string[] {
  const names = ['version', 'code', 'lab', 'weights', 'rg'] as const
  return names.flatMap((name) => {
    const [one, other] = [theirs[name], own[name]]
    // A machine without the lab takes no jobs of the lab.
    if (one === other || (name === 'lab' && (one === null || other === null))) return []
    return [`${LABELS[name]} ${one ?? 'none'} there, ${other ?? 'none'} here`]
  })
}

const LABELS = { version: 'version', code: 'code', lab: 'code of the lab', weights: 'weights', rg: 'ripgrep' } as const
