// Both servers as real processes under good, hostile, broken and abandoned requests: `npm run soak [-- --requests N
// --repo DIR --seed S --json]`. Exit 1 names the first facts that don't hold.
import { readdirSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRandom } from './soak/random.mjs'
import { drawRequest, warmRequests } from './soak/requests.mjs'
import { send } from './soak/send.mjs'
import { endServer, look, settle, startServer } from './soak/servers.mjs'
import { digestTree, makeTree } from './soak/tree.mjs'

const CLIENTS = 8
const RSS_BOUND_BYTES = 600_000_000
const SHOWN_FACTS = 20
const WARM_ROUNDS = 3
/** Connections are closed and processes gone by then. */
const IDLE_MS = 1_000
const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/cli/main.js')

const HELP = `Usage: npm run soak -- [options]

  --requests N   requests to send (default 10000)
  --repo DIR     a tree to search, copied first (default: a small one that is made)
  --seed S       of the requests (default 1)
  --json         one JSON object on standard output`

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    repo: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help || process.platform !== 'linux') {
  process.stderr.write(values.help ? `${HELP}\n` : 'soak looks at processes by /proc: run it on Linux.\n')
  process.exit(values.help ? 0 : 2)
}

const tree = makeTree(values.repo)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(2))
process.once('exit', () => rmSync(tree.folder, { recursive: true, force: true }))
const report = await soak({ count: Number(values.requests), seed: Number(values.seed) })
process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : show(report))
process.exitCode = report.wrong.length === 0 ? 0 : 1

async function soak({ count, seed }) {
  const before = digestTree(tree.root)
  const servers = {
    serve: await startServer('serve', { main, args: ['serve', '--port', '0'], tree }),
    mcp: await startServer('mcp', { main, args: ['mcp', '--http', '0'], tree }),
  }
  const started = performance.now()
  for (let round = 0; round < WARM_ROUNDS; round++) await sendAll(warmRequests(tree), servers)
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS))
  const start = await perServer(servers, look)
  const random = createRandom(seed)
  const requests = Array.from({ length: count }, () => drawRequest(random, tree))
  const sent = await sendAll(requests, servers)
  const end = await perServer(servers, (server) => settle(server, start[server.name]))
  const stopped = await perServer(servers, endServer)
  const seconds = Math.round((performance.now() - started) / 100) / 10
  const wrong = [...sent.wrong, ...leftovers({ start, end, stopped }), ...changes(before)]
  return { version: 1, seed, requests: count, seconds, ends: sent.ends, statuses: sent.statuses, start, end, wrong }
}

/** Sends the requests by a number of clients at once, each on connections that are kept or not. */
async function sendAll(requests, servers) {
  const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: false })]
  const [ends, statuses, wrong] = [{}, {}, []]
  const left = requests.entries()
  const work = async () => {
    // One iterator for all: each takes the next one.
    for (const [index, request] of left) {
      const { url } = servers[request.server]
      const ended = await send(request, { url, agent: agents[index % agents.length] })
      ends[ended.end] = (ends[ended.end] ?? 0) + 1
      statuses[ended.status] = (statuses[ended.status] ?? 0) + 1
      if (ended.end === 'wrong') wrong.push(`request ${index} (${request.server}, ${request.kind}): ${ended.fact}`)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, work))
  for (const agent of agents) agent.destroy()
  return { ends, statuses, wrong }
}

function leftovers({ start, end, stopped }) {
  return Object.keys(start).flatMap((name) => {
    const { handles, processes, peakBytes } = end[name]
    const { hasEnded, left } = stopped[name]
    return [
      ...(handles > start[name].handles
        ? [`${name}: ${handles} open handles, ${start[name].handles} at the start`]
        : []),
      ...(processes > 0 ? [`${name}: ${processes} processes left behind`] : []),
      ...(peakBytes > RSS_BOUND_BYTES ? [`${name}: ${peakBytes} bytes of memory, more than ${RSS_BOUND_BYTES}`] : []),
      ...(hasEnded ? [] : [`${name}: did not end on SIGTERM`]),
      ...(left > 0 ? [`${name}: ${left} processes outlived it`] : []),
    ]
  })
}

function changes(before) {
  const files = readdirSync(tree.temporary, { recursive: true })
  return [
    ...(files.length > 0 ? [`${files.length} temporary files left, the first ${files[0]}`] : []),
    ...(digestTree(tree.root) === before ? [] : ['the searched tree was changed']),
  ]
}

async function perServer(servers, act) {
  return Object.fromEntries(
    await Promise.all(Object.entries(servers).map(async ([name, server]) => [name, await act(server)])),
  )
}

function show({ requests, seed, seconds, ends, statuses, start, end, wrong }) {
  const line = (name) => {
    const [from, to] = [start[name], end[name]]
    return `${name}: handles ${from.handles} → ${to.handles}, processes left ${to.processes}, memory at most ${Math.round(to.peakBytes / 1e6)} MB`
  }
  const facts = wrong.slice(0, SHOWN_FACTS).map((fact) => `  ${fact}`)
  if (wrong.length > SHOWN_FACTS) facts.push(`  … and ${wrong.length - SHOWN_FACTS} more; --json shows all`)
  return `${[
    `${requests} requests by seed ${seed} in ${seconds} s: ${JSON.stringify(ends)}, statuses ${JSON.stringify(statuses)}`,
    ...Object.keys(start).map(line),
    wrong.length === 0 ? 'nothing left behind, nothing shown from outside' : `wrong: ${wrong.length}`,
    ...facts,
  ].join('\n')}\n`
}
