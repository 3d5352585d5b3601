// Episodes of a soak run: many sockets on one environment, with random turns, broken messages and clients that
// disconnect.
import { connectTo } from '../environment/client.mjs'
import { markOf } from '../environment/worlds.mjs'

/** Number of sockets of the long run, and of the moment when all are busy at once. */
const PLAYERS = 32
const CROWD = 200
const MAX_STEPS = 20

const BROKEN = [
  ['{', 'INVALID_JSON'],
  ['[]', 'VALIDATION_ERROR'],
  ['{"type":"fly"}', 'UNKNOWN_TYPE'],
  ['{"type":"reset","data":{"index":-1}}', 'VALIDATION_ERROR'],
  ['{"type":"reset","data":{"split":"none"}}', 'VALIDATION_ERROR'],
  ['{"type":"step","data":{"calls":7}}', 'VALIDATION_ERROR'],
]

/** Plays `count` episodes, then one on each of 200 sockets at once. */
export async function playEpisodes({ url, worlds, count, random }) {
  const tally = { finished: 0, vanished: 0, dropped: 0, steps: 0, broken: 0, crowd: 0, wrong: [] }
  const table = { url, worlds, random, tally }
  let left = count
  const player = async () => {
    let client
    while (left-- > 0) {
      client ??= await connectTo(url)
      const isGone = await guarded(table, () => playOne(client, table))
      if (isGone) client = undefined
    }
    await client?.close()
  }
  await Promise.all(Array.from({ length: Math.min(PLAYERS, count) }, player))
  await crowd(table)
  return tally
}

async function crowd(table) {
  const clients = await Promise.all(Array.from({ length: CROWD }, () => connectTo(table.url)))
  await Promise.all(
    clients.map((client, index) =>
      guarded(table, async () => {
        const world = index % table.worlds.count
        await solve(client, world, table)
        table.tally.crowd++
        return false
      }),
    ),
  )
  await Promise.all(clients.map((client) => client.close().catch(() => undefined)))
}

/** Plays until the client is gone or the episode is over; true if the socket can't be used again. */
async function playOne(client, table) {
  const { random, tally, worlds } = table
  const world = random.below(worlds.count)
  if (random.chance(0.3)) {
    await solve(client, world, table)
    return false
  }
  await reset(client, world, table)
  for (let step = 0; step < MAX_STEPS; step++) {
    if (random.chance(0.03)) {
      client.send(JSON.stringify({ type: 'step', data: { calls: randomCalls(world, random) } }))
      client.vanish()
      tally.vanished++
      return true
    }
    if (random.chance(0.05)) {
      tally.dropped++
      return false
    }
    if (random.chance(0.1)) await sendBroken(client, table)
    const data = await act(
      client,
      { calls: randomCalls(world, random), ...(random.chance(0.1) ? { text: 'I think.' } : {}) },
      { world, table },
    )
    if (data.done) return false
  }
  throw new Error(`an episode did not end in ${MAX_STEPS} steps`)
}

/** The correct solution, whose reward is known. */
async function solve(client, world, table) {
  const path = `${markOf(world)}/core.py`
  await reset(client, world, table)
  await act(client, { calls: [{ id: 'a', name: 'read_file', arguments: { path } }] }, { world, table })
  const files = [{ path, functions: [{ name: 'Core.mend' }] }]
  const { done, reward } = await act(client, { calls: [{ name: 'answer', arguments: { files } }] }, { world, table })
  if (!done || reward !== 2) throw new Error(`the right answer got ${reward}, done ${done}`)
}

async function reset(client, world, { tally, worlds }) {
  const reply = await client.ask({ type: 'reset', data: { split: 'train', index: world } })
  if (reply.type !== 'observation') throw new Error(`reset: ${JSON.stringify(reply.data)}`)
  checkMarks(JSON.stringify(reply.data), world, worlds)
  tally.steps++
}

async function act(client, action, { world, table }) {
  const { tally, worlds } = table
  const { type, data } = await client.ask({ type: 'step', data: action })
  if (type !== 'observation') throw new Error(`step: ${JSON.stringify(data)}`)
  tally.steps++
  checkMarks(JSON.stringify(data), world, worlds)
  const ids = data.observation.results.map(({ id }) => id)
  const asked = action.calls.map(({ id }, index) => id ?? `c${index + 1}`)
  if (ids.join() !== asked.join()) throw new Error(`results ${ids.join()} of calls ${asked.join()}`)
  if (!data.done && data.reward !== null) throw new Error(`a reward before the end: ${data.reward}`)
  if (data.done) {
    tally.finished++
    await checkReward(client, data.reward, world)
  }
  return data
}

async function checkReward(client, reward, world) {
  const { data: state } = await client.ask({ type: 'state' })
  const { f1, file_f1: file, function_f1: named, e } = state.reward_parts
  const isWhole = state.index === world && reward === f1 + f1 * (e ?? 0) && f1 === 0.5 * file + 0.5 * named
  if (!isWhole) throw new Error(`the reward ${reward} is not that of ${JSON.stringify(state)}`)
}

/** Another repository's mark in an answer comes from another session. */
function checkMarks(text, world, worlds) {
  for (let other = 0; other < worlds.count; other++) {
    if (other !== world && text.includes(markOf(other))) throw new Error(`world ${world} was shown ${markOf(other)}`)
  }
}

async function sendBroken(client, { random, tally }) {
  const [text, code] = random.pick(BROKEN)
  const reply = await client.ask(text)
  tally.broken++
  if (reply.data.code !== code) throw new Error(`${text} was answered with ${JSON.stringify(reply)}`)
}

function randomCalls(world, random) {
  const mark = markOf(world)
  return Array.from({ length: 1 + random.below(6) }, (_, index) => ({ id: `${index}`, ...randomCall(mark, random) }))
}

function randomCall(mark, random) {
  const path = random.pick([`${mark}/core.py`, `${mark}/part${random.below(40)}.py`, '../secret', '/etc/passwd', ''])
  return random.pick([
    {
      name: 'grep',
      arguments: { pattern: random.pick(['step', 'return', '(', 'mend', '\\w+']), context: random.below(3) },
    },
    { name: 'glob', arguments: { patterns: [random.pick(['**', '*.py', '**/part1*.py', '!**'])] } },
    { name: 'read_file', arguments: { path } },
    { name: 'read_file', arguments: `{"path": "${mark}/core.py"` },
    { name: random.pick(['fly', '', '__proto__']), arguments: { path } },
    { name: 'grep', arguments: { pattern: random.text(10), mode: random.pick(['content', 'paths', 'counts', 'x']) } },
    { name: 'read_file', arguments: { path: `${mark}/core.py` } },
  ])
}

/** Runs an episode; a failure is recorded and costs the socket. */
async function guarded({ tally }, play) {
  try {
    return await play()
  } catch (error) {
    tally.wrong.push(`episode: ${error.message}`)
    return true
  }
}
