// The process that `locate.mjs` starts: reads its task from standard input, writes one JSON object.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const dist = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'packages/fusesearch/dist')
const load = (room) => import(pathToFileURL(join(dist, room, 'index.js')).href)
const { runLoop } = await load('agent')
const { systemClock } = await load('core')
const { locate } = await load('locate')
const { createEmbeddedPolicy } = await load('policies')
const { ALL_TOOLS, openWorkspace, PAPER_TOOLS, PROGRAM_LIMITS } = await load('search')

const KILOBYTE = 1024
const SETTLED_AFTER = 0.3

const { folder, texts, repeat } = JSON.parse(readFileSync(0, 'utf8'))
const policy = createEmbeddedPolicy()
// The first localization loads code and grammars; the command's cold start is measured separately.
await localize(texts[0])
await localize(texts[0], ALL_TOOLS)
const times = []
const historyTimes = []
for (const text of texts) {
  times.push(await timed(() => localize(text)))
  historyTimes.push(await timed(() => localize(text, ALL_TOOLS)))
}
const peakRssBytes = process.resourceUsage().maxRSS * KILOBYTE
const shared = await countShared()
const growthBytes = await watchMemory()
process.stdout.write(JSON.stringify({ times, historyTimes, ...shared, peakRssBytes, growthBytes }))

function localize(issue, tools = PAPER_TOOLS) {
  return locate({ issue, repository: folder, policy, tools })
}

async function timed(work) {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function countShared() {
  let [greps, sharing] = [0, 0]
  for (const issue of texts) {
    const workspace = await openWorkspace({ root: folder, ignoreRules: 'respect' })
    const runCalls = async (calls, { bytesLeft, signal }) => {
      const result = await workspace.runTurn(calls, { limits: PROGRAM_LIMITS, bytesLeft, signal })
      greps += result.sharedWalks.greps
      sharing += result.sharedWalks.sharing
      return result
    }
    await runLoop({ issue, policy, seed: 0, runCalls, clock: systemClock })
    await workspace.close()
  }
  return { greps, sharing }
}

/** Resident memory at the end over that after settling, with garbage collection before each. */
async function watchMemory() {
  let settled = 0
  for (let number = 0; number < repeat; number += 1) {
    await localize(texts[number % texts.length])
    if (number === Math.floor(repeat * SETTLED_AFTER)) settled = residentBytes()
  }
  return repeat === 0 ? 0 : residentBytes() - settled
}

function residentBytes() {
  globalThis.gc?.()
  return process.memoryUsage.rss()
}
