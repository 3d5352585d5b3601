// A worker whose jobs only wait, so that the rest of a job's time is the queue's: `queue-taker.mjs ADDRESS PLACES MS`.
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const queue = await import(pathToFileURL(join(root, 'packages/fusesearch/dist/queue/index.js')).href)

export const ABOUT = { fingerprint: { version: '0', code: '0', lab: '0', weights: '0', rg: null }, roots: [] }

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [address, places, ms] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
  const link = await queue.connectQueue({ queue: address, env: {}, onTrouble: (line) => console.error(line) })
  const membership = await queue.joinQueue(link, { ...ABOUT, role: 'worker', machine: 'bench', places })
  const handler = {
    run: async (task) => {
      if (ms > 0) await wait(ms)
      return task
    },
    close: async () => {},
  }
  await queue.takeJobs(link, { queue: 'lab', places, membership, machine: 'bench', open: async () => handler })
  process.stdout.write('Taking\n')
}
