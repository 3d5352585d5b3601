// The overhead of the LLM policy per turn: wall time in neither model nor tool, alone and with many runs in one
// process. npm run bench -- --llm [--repo DIR] [--runs 64] [--turns 5] [--latency 2000] [--json]
// The model is in memory and waits as long as an endpoint would, so that only our own time is measured.
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { quantile, round } from './statistics.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const { values: flags } = parseArgs({
  options: {
    repo: { type: 'string', default: root },
    runs: { type: 'string', default: '64' },
    turns: { type: 'string', default: '5' },
    latency: { type: 'string', default: '2000' },
    dist: { type: 'string', default: join(root, 'packages/fusesearch/dist') },
    json: { type: 'boolean', default: false },
  },
})
const turns = Number(flags.turns)
const load = (path) => import(pathToFileURL(join(resolve(flags.dist), path)).href)
const [{ runLoop }, { createLlmPolicy }, { MODEL_LIMITS, openWorkspace }, { systemClock }] = await Promise.all(
  ['agent/index.js', 'policies/index.js', 'search/index.js', 'core/index.js'].map(load),
)

const ISSUE = 'The reader fails on an empty file: readLines throws where it should return an empty list.'
const WORDS = [
  'import',
  'function',
  'return',
  'error',
  'value',
  'path',
  'line',
  'file',
  'name',
  'test',
  'read',
  'class',
]

const policy = createLlmPolicy({ model: slowModel() })
const workspace = await openWorkspace({ root: resolve(flags.repo), ignoreRules: 'respect' })
try {
  // The first run loads what later ones reuse.
  await measureRuns(1)
  const alone = []
  for (let run = 0; run < 5; run++) alone.push(...(await measureRuns(1)))
  const together = await measureRuns(Number(flags.runs))
  const result = {
    version: 1,
    turns,
    latencyMs: Number(flags.latency),
    alone: summary(alone),
    together: summary(together),
  }
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : toText(result))
} finally {
  await workspace.close()
}

async function measureRuns(count) {
  const runs = await Promise.all(Array.from({ length: count }, (_, index) => measureRun(index)))
  return runs.flat()
}

/** The overhead of each turn of one run, in milliseconds. */
async function measureRun(index) {
  const started = performance.now()
  const run = await runLoop({
    issue: ISSUE,
    policy,
    seed: index,
    budget: { maxTurns: turns },
    runCalls: (calls, { bytesLeft, signal }) => workspace.runTurn(calls, { limits: MODEL_LIMITS, bytesLeft, signal }),
    clock: systemClock,
  })
  const between = (performance.now() - started - run.stats.ms.policy - run.stats.ms.tools) / run.stats.turns
  const policies = run.turns.map((turn) => turn.ms.policy - turn.model.ms)
  const answering = run.stats.ms.policy - run.turns.reduce((sum, turn) => sum + turn.ms.policy, 0) - run.model.ms
  return [...policies, answering].map((ms) => ms + between)
}

/** Four calls per turn with results as large as a model gets, then an answer. */
function slowModel() {
  return {
    name: 'slow',
    endpoint: 'in memory',
    close: async () => {},
    async complete({ messages, seed }) {
      const turn = messages.filter(({ role }) => role === 'assistant').length + 1
      const started = performance.now()
      // Not all at the same moment, because no endpoint answers like that.
      await wait(Number(flags.latency) * (0.5 + ((seed * 7 + turn * 13) % 64) / 64))
      const calls = turn >= turns ? [answer()] : [0, 1, 2, 3].map((place) => search(seed + turn * 4 + place))
      const toolCalls = calls.map((call, place) => ({ id: `c${turn}x${place}`, ...call }))
      const ms = performance.now() - started
      return { text: '', reasoning: '', toolCalls, finish: 'tool-calls', usage: null, retries: [], ms }
    },
  }
}

function search(number) {
  const pattern = WORDS[number % WORDS.length]
  return { name: 'grep', argumentsText: JSON.stringify({ pattern, context: number % 3 }) }
}

function answer() {
  return { name: 'answer', argumentsText: JSON.stringify({ files: [{ path: 'README.md', functions: [] }] }) }
}

function summary(numbers) {
  const [medianMs, p95Ms, maxMs] = [0.5, 0.95, 1].map((share) => round(quantile(numbers, share), 1))
  return { turns: numbers.length, medianMs, p95Ms, maxMs }
}

function toText({ alone: one, together: many }) {
  return `${row('alone', one)}${row(`${flags.runs} at once`, many)}`
}

function row(name, { turns: count, medianMs, p95Ms, maxMs }) {
  const times = `median ${medianMs} ms   p95 ${p95Ms} ms   max ${maxMs} ms`
  return `${name.padEnd(12)} ${String(count).padStart(5)} turns   ${times}\n`
}
