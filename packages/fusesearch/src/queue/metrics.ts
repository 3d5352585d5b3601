import { setTimeout as sleep } from 'node:timers/promises'
import { PREFIX, type QueueLink } from './connect.ts'
import { countsKey, type QueueName } from './job.ts'
import { readMembers } from './members.ts'

const QUEUES: readonly QueueName[] = ['serve', 'lab']

/** A Redis that answers later counts as down. */
const ANSWER_MS = 2_000

/** Metrics of both queues in Prometheus's text format. If Redis doesn't answer, only `fusesearch_queue_up` 0. */
export async function renderQueueMetrics(link: QueueLink): Promise<string> {
  const reading = link.isConnected() ? readFacts(link).catch(() => undefined) : undefined
  const lines = await Promise.race([reading, sleep(ANSWER_MS, undefined, { ref: false })])
  const up = family('fusesearch_queue_up', 'gauge', 'Whether Redis answers.')
  return `${[...up, `fusesearch_queue_up ${lines === undefined ? 0 : 1}`, ...(lines ?? [])].join('\n')}\n`
}

async function readFacts(link: QueueLink): Promise<string[]> {
  const [members, ...facts] = await Promise.all([readMembers(link), ...QUEUES.map((name) => factsOf(link, name))])
  const workers = members.filter(({ role }) => role === 'worker')
  const each = (pick: (one: Facts) => readonly (readonly [labels: string, value: number])[], name: string): string[] =>
    facts.flatMap((one) => pick(one).map(([labels, value]) => `${name}{queue="${one.name}"${labels}} ${value}`))
  return [
    ...family('fusesearch_queue_jobs', 'gauge', 'Jobs by state; delayed ones wait for another try.'),
    ...each((one) => one.states.map(([state, count]) => [`,state="${state}"`, count]), 'fusesearch_queue_jobs'),
    ...family('fusesearch_queue_oldest_waiting_seconds', 'gauge', 'Age of the oldest waiting job.'),
    ...each((one) => [['', one.oldestSeconds]], 'fusesearch_queue_oldest_waiting_seconds'),
    ...family('fusesearch_queue_tries_total', 'counter', 'Finished tries of jobs, by outcome.'),
    ...each((one) => one.tries.map(([end, count]) => [`,end="${end}"`, count]), 'fusesearch_queue_tries_total'),
    ...family('fusesearch_queue_workers', 'gauge', 'Workers that have joined.'),
    `fusesearch_queue_workers ${workers.length}`,
    ...family('fusesearch_queue_places', 'gauge', 'Jobs that the workers may run at once.'),
    `fusesearch_queue_places ${workers.reduce((sum, { places }) => sum + places, 0)}`,
  ]
}

interface Facts {
  readonly name: QueueName
  readonly states: readonly (readonly [string, number])[]
  readonly oldestSeconds: number
  readonly tries: readonly (readonly [string, number])[]
}

async function factsOf({ redis }: QueueLink, name: QueueName): Promise<Facts> {
  const key = (part: string): string => `${PREFIX}:${name}:${part}`
  const [waiting, active, delayed, oldest, counts, time] = await Promise.all([
    redis.llen(key('wait')),
    redis.llen(key('active')),
    redis.zcard(key('delayed')),
    // New jobs are added on the left.
    redis.lindex(key('wait'), -1),
    redis.hgetall(countsKey(name)),
    redis.time(),
  ])
  const added = oldest === null ? null : await redis.hget(key(oldest), 'timestamp')
  const nowMs = Number(time[0]) * 1_000
  return {
    name,
    states: [
      ['waiting', waiting],
      ['active', active],
      ['delayed', delayed],
    ],
    oldestSeconds: added === null ? 0 : Math.max(0, Math.round((nowMs - Number(added)) / 1_000)),
    tries: ['done', 'failed', 'set-aside'].map((end) => [end, Number(counts[end] ?? 0)]),
  }
}

function family(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
}
