// The servers and the environment as real processes under good, hostile, broken and abandoned requests and episodes:
// `npm run soak [-- --requests N --swaps N --episodes N --repo DIR --seed S --json]`, about ten minutes on two cores.
// Exit 1 names the first failed checks.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { makeWorlds } from './environment/worlds.mjs'
import { playEpisodes } from './soak/episodes.mjs'
import { searchHeavy, showHeavy } from './soak/heavy.mjs'
import { createRandom } from './soak/random.mjs'
import { drawForeign, drawRequest, drawSwapped, hardRequests, warmRequests } from './soak/requests.mjs'
import { send } from './soak/send.mjs'
import { endServer, look, settle, startServer } from './soak/servers.mjs'
import { addPipes, addSwapped, digestTree, makeTree } from './soak/tree.mjs'

const CLIENTS = 8
const RSS_BOUND_BYTES = 600_000_000
const SHOWN_FACTS = 20
const WARM_ROUNDS = 3
/** Time for connections to close and processes to end. */
const IDLE_MS = 1_000
/** Number of repositories for episodes. */
const WORLDS = 12
/** Requests from other sites to the environment. */
const FOREIGN = 200
const DIST = join(dirname(dirname(fileURLToPath(import.meta.url))), 'packages/fusesearch/dist')

const HELP = `Usage: npm run soak -- [options]

  --requests N   requests to send (default 10000)
  --swaps N      requests to a folder that is exchanged for a link at the same time (default 1000)
  --episodes N   episodes to play on the environment (default 3000)
  --no-heavy     leave out the searches of expensive inputs
  --repo DIR     a tree to search, copied first (default: a small generated one)
  --seed S       seed of the requests (default 1)
  --dist DIR     the build to run (default: packages/fusesearch/dist)
  --json         one JSON object on standard output`

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    swaps: { type: 'string', default: '1000' },
    episodes: { type: 'string', default: '3000' },
    'no-heavy': { type: 'boolean', default: false },
    dist: { type: 'string', default: DIST },
    repo: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help || process.platform !== 'linux') {
  process.stderr.write(values.help ? `${HELP}\n` : 'soak needs /proc: run it on Linux.\n')
  process.exit(values.help ? 0 : 2)
}

const main = join(resolve(values.dist), 'cli/main.js')
const tree = makeTree(values.repo)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(2))
process.once('exit', () => rmSync(tree.folder, { recursive: true, force: true }))
const seed = Number(values.seed)
const requested = await soak({ count: Number(values.requests), swaps: Number(values.swaps), seed })
const environment = await soakEpisodes({ count: Number(values.episodes), seed })
const heavy = values['no-heavy'] ? { rows: [], wrong: [] } : await searchHeavy({ main, folder: tree.folder })
const report = {
  ...requested,
  environment,
  heavy: heavy.rows,
  wrong: [...requested.wrong, ...environment.wrong, ...heavy.wrong],
}
process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : show(report))
process.exitCode = report.wrong.length === 0 ? 0 : 1

async function soak({ count, swaps, seed: ofRequests }) {
  const before = digestTree(tree.root)
  const servers = {
    serve: await startServer('serve', { main, args: ['serve', '--port', '0'], tree }),
    mcp: await startServer('mcp', { main, args: ['mcp', '--http', '0'], tree }),
  }
  const started = performance.now()
  for (let round = 0; round < WARM_ROUNDS; round++) await sendAll(warmRequests(tree), servers)
  await new Promise((done) => setTimeout(done, IDLE_MS))
  const start = await perServer(servers, look)
  const random = createRandom(ofRequests)
  const requests = Array.from({ length: count }, () => drawRequest(random, tree))
  const sent = [await sendAll(requests, servers)]
  const changed = changes(before)
  addPipes(tree)
  sent.push(await sendAll(hardRequests(), servers))
  sent.push(
    await sendWhileSwapping(
      Array.from({ length: swaps }, () => drawSwapped(random)),
      servers,
    ),
  )
  const end = await perServer(servers, (server) => settle(server, start[server.name]))
  const stopped = await perServer(servers, endServer)
  const seconds = Math.round((performance.now() - started) / 100) / 10
  const wrong = [...sent.flatMap((one) => one.wrong), ...leftovers({ start, end, stopped }), ...changed]
  return {
    version: 1,
    seed: ofRequests,
    requests: requests.length,
    hard: hardRequests().length,
    swaps,
    seconds,
    ends: sumOf(sent.map(({ ends }) => ends)),
    statuses: sumOf(sent.map(({ statuses }) => statuses)),
    slowestMs: Object.assign({}, ...sent.map(({ slowestMs }) => slowestMs)),
    start,
    end,
    wrong,
  }
}

/** The environment in a separate process over generated repositories. */
async function soakEpisodes({ count, seed: ofEpisodes }) {
  const folder = join(tree.folder, 'worlds')
  mkdirSync(folder)
  const worlds = makeWorlds(folder, WORLDS)
  const place = ['--repos', worlds.repos, '--cache', join(folder, 'cache'), '--port', '0']
  const args = ['env', 'serve', worlds.dataset, ...place, '--max-sessions', '256']
  const server = await startServer('environment', { main, args, tree })
  const started = performance.now()
  const random = createRandom(ofEpisodes)
  // Opens every repository, so that handles that stay open are open at the start.
  await playEpisodes({ url: server.url, worlds, count: Math.min(count, WORLDS * 4), random })
  await new Promise((done) => setTimeout(done, IDLE_MS))
  const start = look(server)
  const { wrong, ...tally } = await playEpisodes({ url: server.url, worlds, count, random })
  const foreign = Array.from({ length: FOREIGN }, () => drawForeign(random, 'environment'))
  const refused = await sendAll(foreign, { environment: server })
  const end = await settle(server, start)
  const stopped = await endServer(server)
  const seconds = Math.round((performance.now() - started) / 100) / 10
  const facts = leftovers({
    start: { environment: start },
    end: { environment: end },
    stopped: { environment: stopped },
  })
  const log = server.log.split('\n').filter((line) => line.includes('failed'))
  return {
    episodes: count,
    seconds,
    ...tally,
    start,
    end,
    foreign: FOREIGN,
    wrong: [...wrong, ...refused.wrong, ...facts, ...log],
  }
}

/** Sends the requests from a number of concurrent clients, with or without keep-alive. */
async function sendAll(requests, servers) {
  const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: false })]
  const [ends, statuses, slowestMs, wrong] = [{}, {}, {}, []]
  const left = requests.entries()
  const work = async () => {
    // One iterator for all: each takes the next one.
    for (const [index, request] of left) {
      const { url } = servers[request.server]
      const ended = await send(request, { url, agent: agents[index % agents.length] })
      ends[ended.end] = (ends[ended.end] ?? 0) + 1
      statuses[ended.status] = (statuses[ended.status] ?? 0) + 1
      slowestMs[request.kind] = Math.max(slowestMs[request.kind] ?? 0, ended.ms)
      if (ended.end === 'wrong') wrong.push(`request ${index} (${request.server}, ${request.kind}): ${ended.fact}`)
    }
  }
  await Promise.all(Array.from({ length: CLIENTS }, work))
  for (const agent of agents) agent.destroy()
  return { ends, statuses, slowestMs, wrong }
}

/** Sends requests about a folder while another process exchanges that folder. */
async function sendWhileSwapping(requests, servers) {
  const folder = addSwapped(tree)
  const script = join(dirname(fileURLToPath(import.meta.url)), 'soak/swap.mjs')
  const swapper = spawn(process.execPath, [script, folder, tree.outside], { stdio: 'ignore' })
  try {
    return await sendAll(requests, servers)
  } finally {
    const ended = once(swapper, 'exit')
    swapper.kill('SIGTERM')
    await ended
  }
}

function sumOf(counts) {
  const sum = {}
  for (const [name, count] of counts.flatMap(Object.entries)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

function leftovers({ start, end, stopped }) {
  return Object.keys(start).flatMap((name) => {
    const { handles, processes, peakBytes } = end[name]
    // The environment keeps a git process for each opened repository.
    const kept = name === 'environment' ? start[name].processes : 0
    const { hasEnded, left } = stopped[name]
    return [
      ...(handles > start[name].handles
        ? [`${name}: ${handles} open handles, ${start[name].handles} at the start`]
        : []),
      ...(processes > kept ? [`${name}: ${processes - kept} processes left behind`] : []),
      ...(peakBytes > RSS_BOUND_BYTES ? [`${name}: ${peakBytes} bytes of memory, more than ${RSS_BOUND_BYTES}`] : []),
      ...(hasEnded ? [] : [`${name}: did not end on SIGTERM`]),
      ...(left > 0 ? [`${name}: ${left} processes outlived it`] : []),
    ]
  })
}

function changes(before) {
  const files = readdirSync(tree.temporary, { recursive: true, encoding: 'utf8' })
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

function show({
  requests,
  hard,
  swaps,
  seed: drawnBy,
  seconds,
  ends,
  statuses,
  slowestMs,
  start,
  end,
  environment: played,
  heavy: searched,
  wrong: facts,
}) {
  const line = (name) => {
    const [from, to] = [start[name], end[name]]
    return `${name}: handles ${from.handles} → ${to.handles}, processes left ${to.processes}, memory at most ${Math.round(to.peakBytes / 1e6)} MB`
  }
  const shown = facts.slice(0, SHOWN_FACTS).map((fact) => `  ${fact}`)
  if (facts.length > SHOWN_FACTS) shown.push(`  … and ${facts.length - SHOWN_FACTS} more; --json shows all`)
  return `${[
    `${requests} requests by seed ${drawnBy}, ${hard} hard ones and ${swaps} to a folder that was exchanged, in ${seconds} s: ${JSON.stringify(ends)}, statuses ${JSON.stringify(statuses)}`,
    `slowest answer of each kind, in ms: ${JSON.stringify(slowestMs)}`,
    ...Object.keys(start).map(line),
    `${played.episodes} episodes and ${played.foreign} foreign requests in ${played.seconds} s: ${played.finished} finished, ${played.vanished} clients vanished, ${played.dropped} dropped, ${played.broken} broken messages, ${played.steps} steps, ${played.crowd} sessions at once`,
    `environment: handles ${played.start.handles} → ${played.end.handles}, processes ${played.start.processes} → ${played.end.processes}, memory at most ${Math.round(played.end.peakBytes / 1e6)} MB`,
    ...searched.map(showHeavy),
    facts.length === 0 ? 'nothing left behind, nothing shown from outside' : `wrong: ${facts.length}`,
    ...shown,
  ].join('\n')}\n`
}
