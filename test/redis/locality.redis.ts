import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  connectQueue,
  createSubmitter,
  type Handler,
  jobId,
  joinQueue,
  type QueueLink,
  shareSettings,
  type Taking,
  takeJobs,
} from '../../packages/fusesearch/src/queue/index.ts'
import { startRedis, type TestRedis } from './server.ts'

let redis: TestRedis
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.close())

const FINGERPRINT = { version: '1', code: 'c', lab: 'l', weights: 'w', rg: null }
const about = (machine: string) =>
  ({ role: 'worker', machine, places: 2, roots: [], fingerprint: FINGERPRINT }) as const

/** A worker of a machine that has, or lacks, the repository; it records the jobs that it ran. */
async function startMachine(link: QueueLink, machine: string, has: boolean) {
  const ran: number[] = []
  const handler: Handler = {
    async run(task) {
      await wait(20)
      ran.push((task as { number: number }).number)
      return task
    },
    has: () => Promise.resolve(has),
    close: () => Promise.resolve(),
  }
  const membership = await joinQueue(link, about(machine))
  const open = (): Promise<Handler> => Promise.resolve(handler)
  const taking: Taking = await takeJobs(link, { queue: 'lab', places: 2, membership, machine, open })
  const close = async (): Promise<void> => {
    await taking.close(1_000)
    await membership.leave()
  }
  return { ran, close }
}

describe('jobs of one repository', () => {
  test('run on the machine that has it, and on any other if that is gone', async () => {
    const links = await Promise.all(
      [1, 2, 3].map(() => connectQueue({ queue: redis.url, env: {}, onTrouble: () => undefined })),
    )
    const [own, one, two] = links as [QueueLink, QueueLink, QueueLink]
    const submitter = await createSubmitter(own, 'lab')
    const settings = shareSettings('any', {})
    const signal = new AbortController().signal
    setMaxListeners(0, signal)
    const run = (from: number, count: number): Promise<unknown[]> =>
      Promise.all(
        Array.from({ length: count }, (_, index) => {
          const job = {
            id: jobId('locality', String(from + index)),
            settings,
            task: { number: from + index },
            repository: 'o/r',
          }
          return submitter.run(job, { signal })
        }),
      )
    const warm = await startMachine(one, 'warm', true)
    await run(0, 1)
    const cold = await startMachine(two, 'cold', false)
    await run(1, 24)
    expect(warm.ran.length + cold.ran.length).toBe(25)
    // Without a preference each would run about half.
    expect(cold.ran.length).toBeLessThan(11)
    await warm.close()
    const before = cold.ran.length
    await run(25, 6)
    expect(cold.ran.length - before).toBe(6)
    await cold.close()
    await submitter.close()
    for (const link of links) await link.close()
  })
})
