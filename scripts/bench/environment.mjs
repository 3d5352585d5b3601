// The overhead of an episode: a step's time at the client minus the time of its calls, alone and with many sessions at
// once; resets; episodes per second.
// node scripts/bench/environment.mjs [--dataset FILE --repos TEMPLATE] [--sessions 200] [--episodes 400] [--json]
// Without a dataset it generates small repositories. The client shares the machine, so all numbers include its own
// time.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { connectTo } from '../environment/client.mjs'
import { makeWorlds } from '../environment/worlds.mjs'
import { quantile, round } from './statistics.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const { values: flags } = parseArgs({
  options: {
    dataset: { type: 'string' },
    repos: { type: 'string' },
    sessions: { type: 'string', default: '200' },
    episodes: { type: 'string', default: '400' },
    worlds: { type: 'string', default: '8' },
    dist: { type: 'string', default: join(root, 'packages/fusesearch/dist') },
    json: { type: 'boolean', default: false },
  },
})

const PATTERNS = ['return', 'import', 'def \\w+', 'class', 'value', 'error', 'self', 'None']
const folder = mkdtempSync(join(tmpdir(), 'fusesearch-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const world = flags.dataset === undefined ? makeWorlds(folder, Number(flags.worlds)) : flags
const server = await start()
try {
  await playAll(4, 8)
  const alone = await playAll(1, Math.max(10, Math.floor(Number(flags.episodes) / 10)))
  const together = await playAll(Number(flags.sessions), Number(flags.episodes))
  const result = { version: 1, alone: summary(alone), together: summary(together) }
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : toText(result))
} finally {
  server.child.kill('SIGTERM')
}

async function start() {
  const args = ['env', 'serve', world.dataset, '--repos', world.repos, '--cache', join(folder, 'cache'), '--port', '0']
  const child = spawn(process.execPath, [join(resolve(flags.dist), 'cli/main.js'), ...args, '--max-sessions', '1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = await new Promise((found, failed) => {
    let text = ''
    child.stdout.on('data', (bytes) => {
      text += bytes
      const address = /http:\/\/\S+/.exec(text)?.[0]
      if (address !== undefined) found(address)
    })
    child.once('exit', (code) => failed(new Error(`the server ended with ${code}`)))
  })
  return { child, url }
}

/** Plays episodes of four turns, three of them with four calls, over this many sockets at once. */
async function playAll(sessions, episodes) {
  const measured = { steps: [], beyond: [], resets: [], episodes, seconds: 0 }
  const clients = await Promise.all(Array.from({ length: sessions }, () => connectTo(server.url)))
  const started = performance.now()
  let left = episodes
  const work = async (client) => {
    while (left-- > 0) await playOne(client, { seed: left, measured })
  }
  await Promise.all(clients.map(work))
  measured.seconds = (performance.now() - started) / 1_000
  await Promise.all(clients.map((client) => client.close()))
  return measured
}

async function playOne(client, { seed, measured }) {
  const resetting = performance.now()
  check(await client.ask({ type: 'reset', data: { seed } }))
  measured.resets.push(performance.now() - resetting)
  let toolsMs = 0
  let path = ''
  for (let turn = 0; turn < 4; turn++) {
    const started = performance.now()
    const { data } = check(await client.ask({ type: 'step', data: { calls: callsOf({ seed, turn, path }) } }))
    const ms = performance.now() - started
    path ||= /^(\S+\/\S+\.\w+)$/m.exec(textOf(data.observation))?.[1] ?? ''
    const state = await client.ask({ type: 'state' })
    measured.steps.push(ms)
    measured.beyond.push(ms - (state.data.tools_ms - toolsMs))
    toolsMs = state.data.tools_ms
    if (data.done !== (turn === 3)) throw new Error('an episode ended at the wrong turn')
  }
}

function textOf({ results }) {
  return results.map(({ content }) => content).join('\n')
}

/** Answers with a path that was shown, because another one would be questioned. */
function callsOf({ seed, turn, path }) {
  if (turn === 3) return [{ name: 'answer', arguments: { files: [{ path }] } }]
  return [0, 1, 2, 3].map((place) => {
    const pattern = PATTERNS[(seed + turn * 4 + place) % PATTERNS.length]
    return { id: `c${place}`, name: 'grep', arguments: { pattern, context: place % 2, headLimit: 50 } }
  })
}

function check(answer) {
  if (answer.type === 'error') throw new Error(answer.data.message)
  return answer
}

function summary({ steps, beyond, resets, episodes, seconds }) {
  return {
    steps: steps.length,
    step: timesOf(steps),
    beyondTools: timesOf(beyond),
    reset: timesOf(resets),
    episodesPerSecond: round(episodes / seconds, 1),
  }
}

function timesOf(numbers) {
  return { medianMs: round(quantile(numbers, 0.5), 2), p95Ms: round(quantile(numbers, 0.95), 2) }
}

function toText({ alone: one, together: many }) {
  return `${row('one session', one)}${row(`${flags.sessions} at once`, many)}`
}

function row(name, { steps, step, beyondTools, reset, episodesPerSecond }) {
  const times = [
    ['step', step],
    ['beyond tools', beyondTools],
    ['reset', reset],
  ].map(([what, { medianMs, p95Ms }]) => `${what} median ${medianMs} ms, p95 ${p95Ms} ms`)
  return `${name.padEnd(14)} ${steps} steps; ${times.join('; ')}; ${episodesPerSecond} episodes/s\n`
}
