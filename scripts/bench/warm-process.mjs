// The process that `warm.mjs` starts: reads its task from standard input, writes one JSON object.
import assert from 'node:assert'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const dist = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'packages/fusesearch/dist')
const load = (room) => import(pathToFileURL(join(dist, room, 'index.js')).href)
const { createWorkspace } = await load('locate')
const { createEmbeddedPolicy } = await load('policies')

const KILOBYTE = 1024
/** A tree is kept only after it was listed in parallel with other work. */
const LEARNING_MS = 1_500

const { folder, texts, atOnce, rounds } = JSON.parse(readFileSync(0, 'utf8'))
const policy = createEmbeddedPolicy()
const workspace = createWorkspace({ repository: folder })
await workspace.locate({ issue: texts[0], policy })
await new Promise((resolve) => setTimeout(resolve, LEARNING_MS))
const wanted = []
for (const text of texts) wanted.push(await answerTo(text))
const measured = []
for (let round = 0; round < rounds; round += 1) {
  measured.push({
    single: await measure(async (time) => {
      for (const number of texts.keys()) await time(number)
    }),
    many: await measure((time) => Promise.all(Array.from({ length: atOnce }, (_, number) => time(number)))),
  })
}
await workspace.close()
const peakRssBytes = process.resourceUsage().maxRSS * KILOBYTE
process.stdout.write(JSON.stringify({ rounds: measured, peakRssBytes }))

/** Milliseconds of each localization, and processor time of this process for one, without ripgrep. */
async function measure(ask) {
  const before = process.cpuUsage()
  const times = []
  await ask(async (number) => {
    const start = performance.now()
    const answer = await answerTo(texts[number % texts.length])
    times.push(performance.now() - start)
    // A fast failure must not count.
    assert.deepStrictEqual(answer, wanted[number % texts.length])
  })
  const { user, system } = process.cpuUsage(before)
  return { times, cpuMs: (user + system) / 1_000 / times.length }
}

/** Everything except the times. */
async function answerTo(issue) {
  const { stats, ...answer } = await workspace.locate({ issue, policy })
  const { ms: _ms, ...counted } = stats
  return { ...answer, stats: counted }
}
