// Overhead and fault tolerance of a queue of workers: npm run bench -- --queue [--workers 1,8,32,64] [--jobs 200]
// [--kills 20] [--waiting] [--json] Everything is real: redis-server with an append-only file, the built `fusesearch
// worker` and `fusesearch eval`, and a model behind HTTP that takes --latency milliseconds per run: it reads a file and
// answers with it, in two requests.
import { spawn, spawnSync } from 'node:child_process'
import { once, setMaxListeners } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { findRedis } from '../test-redis.mjs'
import { ABOUT } from './queue-taker.mjs'
import { quantile, round } from './statistics.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const MAIN = join(root, 'packages/fusesearch/dist/cli/main.js')
/** Slots of one worker process; more slots are spread over more processes. */
const SLOTS_A_PROCESS = 16
const READY_MS = 60_000

const { values: flags } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,8,32,64' },
    jobs: { type: 'string', default: '200' },
    latency: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '20' },
    waiting: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const jobs = Number(flags.jobs)
let latencyMs = Number(flags.latency)

const program = findRedis()
if (program === undefined) {
  process.stderr.write('bench --queue needs redis-server: on Debian, apt-get install redis-server.\n')
  process.exit(2)
}

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-bench-')))
const running = new Set()
let redis
const model = await startModel()
const port = await freePort()
try {
  const repository = makeRepository()
  redis = await startRedis()
  say('overhead…')
  const overhead = await measureOverhead()
  const slots = flags.workers.split(',').filter(Boolean).map(Number)
  const waiting = []
  for (const count of slots) {
    say(`${count} workers whose jobs wait…`)
    waiting.push(await measureWaiting(count))
  }
  const throughput = []
  for (const count of flags.waiting ? [] : slots) {
    say(`${count} workers that search…`)
    throughput.push(await measureThroughput(repository, count))
  }
  say('kills…')
  const chaos = Number(flags.kills) === 0 ? undefined : await measureKills(repository, Number(flags.kills))
  const result = { version: 1, cores: availableParallelism(), jobs, overhead, waiting, throughput, chaos }
  process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : toText(result))
} finally {
  for (const child of running) child.kill('SIGKILL')
  model.close()
  await wait(200)
  rmSync(folder, { recursive: true, force: true })
}

/** The time of an evaluation on this many warm workers, compared with whole rounds of the model's time. */
async function measureThroughput(repository, slots) {
  latencyMs = Number(flags.latency)
  const workers = await startWorkers(repository, slots)
  await evaluate(`warm-${slots}`, ['--queue', queueUrl()], 2 * slots)
  const before = cpuMsOf([...workers, redis])
  const { wallMs } = await evaluate(`run-${slots}`, ['--queue', queueUrl()], jobs)
  const cpuMs = cpuMsOf([...workers, redis]) - before
  await stopWorkers(workers)
  return { ...shareOf(slots, wallMs), cpuMsAJob: round(cpuMs / jobs, 1) }
}

/** Processor time of processes and of their finished children, if the system has /proc. */
function cpuMsOf(children) {
  return children.reduce((sum, { pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    // User and system time of its own, then of its children, in hundredths of a second.
    return sum + 10 * fields.slice(11, 15).reduce((ticks, field) => ticks + Number(field), 0)
  }, 0)
}

/** The overhead of a job: jobs that do nothing, one after another, and all at once on one slot. */
async function measureOverhead() {
  return withQueue({ slots: 1, ms: 0 }, async (run) => {
    const alone = []
    for (let index = 0; index < jobs; index += 1) {
      const started = performance.now()
      await run(`alone-${index}`)
      alone.push(performance.now() - started)
    }
    const started = performance.now()
    await Promise.all(Array.from({ length: 5 * jobs }, (_, index) => run(`together-${index}`)))
    const together = (performance.now() - started) / (5 * jobs)
    const [medianMs, p95Ms] = [0.5, 0.95].map((share) => round(quantile(alone, share), 2))
    return { medianMs, p95Ms, togetherMs: round(together, 2), load: round(loadavg()[0], 1) }
  })
}

/** The time of jobs that only wait as long as a model takes, so that no search slows the queue down. */
async function measureWaiting(slots) {
  const ms = Number(flags.latency)
  return withQueue({ slots, ms }, async (run, pids) => {
    const before = cpuMsOf(pids)
    const started = performance.now()
    await Promise.all(Array.from({ length: jobs }, (_, index) => run(`waiting-${index}`)))
    const wallMs = performance.now() - started
    return { ...shareOf(slots, wallMs), cpuMsAJob: round((cpuMsOf(pids) - before) / jobs, 1) }
  })
}

/** Runs `work` with a function that puts a job through the queue, taken by workers with this many slots. */
async function withQueue({ slots, ms }, work) {
  const { connectQueue, createSubmitter, jobId, joinQueue, shareSettings } = await load()
  const takers = []
  for (let left = slots; left > 0; left -= SLOTS_A_PROCESS) {
    const args = [queueUrl(), String(Math.min(left, SLOTS_A_PROCESS)), String(ms)]
    const taker = spawn(process.execPath, [join(root, 'scripts/bench/queue-taker.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    running.add(taker)
    takers.push(taker)
    await once(taker.stdout, 'data')
  }
  const link = await connectQueue({ queue: queueUrl(), env: {}, onTrouble: say })
  const membership = await joinQueue(link, { ...ABOUT, role: 'submitter', machine: 'bench', places: 0 })
  const submitter = await createSubmitter(link, 'lab')
  const settings = shareSettings('bench', { slots, ms })
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  const run = async (name) => {
    const id = jobId(name)
    await submitter.run({ id, settings, task: { text: 'x'.repeat(4_000) }, repository: null }, { signal })
    await submitter.forget(id)
  }
  await Promise.all(Array.from({ length: 2 * slots }, (_, index) => run(`warm-${index}`)))
  const measured = await work(run, [...takers, redis, process])
  await submitter.close()
  await membership.leave()
  for (const taker of takers) await kill(taker)
  // These made-up members would keep the real ones away.
  await link.redis.flushall()
  await link.close()
  return measured
}

/** The ideal time, whole rounds of the model's time on all slots, over the measured time. */
function shareOf(slots, wallMs) {
  const rounds = Math.ceil(jobs / slots)
  return {
    workers: slots,
    seconds: round(wallMs / 1_000, 2),
    jobsPerSecond: round(jobs / (wallMs / 1_000), 2),
    rounds,
    ofRounds: round((rounds * Number(flags.latency)) / wallMs, 3),
    load: round(loadavg()[0], 1),
  }
}

async function load() {
  return import(pathToFileURL(join(root, 'packages/fusesearch/dist/queue/index.js')).href)
}

/** Kills workers and Redis in turn during an evaluation, and compares its rows with those of an undisturbed one. */
async function measureKills(repository, kills) {
  latencyMs = Number(flags.latency)
  await evaluate('quiet', [...placesOf(repository), '--jobs', '16'], jobs)
  const processes = 4
  const workers = []
  for (let index = 0; index < processes; index += 1) workers.push(await startWorker(repository, 2))
  const started = performance.now()
  const loud = evaluate('loud', ['--queue', queueUrl()], jobs)
  const ended = new AbortController()
  loud.finally(() => ended.abort()).catch(() => undefined)
  let done = 0
  // The evaluation has begun when it has rows.
  while (rowsOf('loud').length === 0 && !ended.signal.aborted) await wait(50)
  for (; done < kills && !ended.signal.aborted; done += 1) {
    if (done % 2 === 0) {
      const index = (done / 2) % processes
      await kill(workers[index])
      workers[index] = await startWorker(repository, 2)
    } else {
      await kill(redis)
      redis = await startRedis()
    }
    await wait(300)
  }
  await loud
  const seconds = (performance.now() - started) / 1_000
  await stopWorkers(workers)
  const [quiet, found] = [rowsOf('quiet').map(withoutTimes), rowsOf('loud').map(withoutTimes)]
  const wanted = new Set(quiet)
  const ids = new Set(rowsOf('loud').map(({ id, policy }) => `${id} ${policy}`))
  return {
    kills: done,
    rows: found.length,
    lost: jobs - ids.size,
    doubled: found.length - ids.size,
    different: found.filter((row) => !wanted.has(row)).length,
    seconds: round(seconds, 1),
  }
}

function rowsOf(name) {
  try {
    const lines = readFileSync(join(folder, name, 'rows.jsonl'), 'utf8').split('\n')
    return lines.filter(Boolean).flatMap((line) => {
      try {
        return [JSON.parse(line)]
      } catch {
        // The line that is currently written.
        return []
      }
    })
  } catch {
    return []
  }
}

function withoutTimes(row) {
  return JSON.stringify(row, (key, value) => (['ms', 'setupMs'].includes(key) ? undefined : value))
}

/** Runs `fusesearch eval` and returns its own measured time, from the first instance to the last row. */
async function evaluate(name, more, count) {
  const dataset = join(folder, `${count}.jsonl`)
  writeFileSync(dataset, instances(count))
  const args = ['eval', dataset, '--policy', 'llm', '--model', 'slow', '--quiet', '--out', join(folder, name), ...more]
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] })
  running.add(child)
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const [code] = await once(child, 'exit')
  running.delete(child)
  const failed = rowsOf(name).find(({ status }) => status === 'failed')
  if (code !== 0) throw new Error(`eval ended with exit code ${code}: ${stderr} ${JSON.stringify(failed?.error ?? '')}`)
  const { cost } = JSON.parse(readFileSync(join(folder, name, 'summary.json'), 'utf8'))
  return { wallMs: cost.wallMs, stderr }
}

async function startWorkers(repository, slots) {
  const processes = Math.ceil(slots / SLOTS_A_PROCESS)
  const workers = []
  for (let index = 0; index < processes; index += 1) {
    workers.push(await startWorker(repository, Math.min(SLOTS_A_PROCESS, slots - index * SLOTS_A_PROCESS)))
  }
  return workers
}

async function startWorker(repository, slots) {
  const args = ['worker', '--queue', queueUrl(), '--jobs', String(slots), ...placesOf(repository)]
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  const late = AbortSignal.timeout(READY_MS)
  await once(child.stdout, 'data', { signal: late })
  return child
}

async function stopWorkers(workers) {
  await Promise.all(
    workers.map(async (worker) => {
      const ended = once(worker, 'exit')
      worker.kill('SIGTERM')
      await ended
      running.delete(worker)
    }),
  )
}

async function kill(child) {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  running.delete(child)
}

async function startRedis() {
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes']
  const child = spawn(program, settings, { stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  await new Promise((resolve) => {
    child.stdout.on('data', (chunk) => chunk.includes('Ready to accept') && resolve())
  })
  return child
}

/** Answers each chat with a file of its issue, so that every row has a different answer. */
async function startModel() {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const [, number = '0'] = /part_(\d+)/.exec(body) ?? []
      const path = `shop/part_${Number(number) % 50}.py`
      const isShown = body.includes('"role":"tool"')
      const [name, given] = isShown ? ['answer', { files: [{ path, functions: [] }] }] : ['read_file', { path }]
      const call = { index: 0, id: 'c1', type: 'function', function: { name, arguments: JSON.stringify(given) } }
      const chunk = {
        choices: [{ index: 0, delta: { role: 'assistant', tool_calls: [call] }, finish_reason: 'tool_calls' }],
      }
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end(`data: ${JSON.stringify(chunk)}\n\ndata: [DONE]\n\n`)
      }, latencyMs / 2)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close().closeAllConnections() }
}

function makeRepository() {
  const repository = join(folder, 'repository')
  mkdirSync(join(repository, 'shop'), { recursive: true })
  for (let part = 0; part < 50; part += 1) {
    writeFileSync(join(repository, `shop/part_${part}.py`), `def part_${part}(price):\n    return price * ${part}\n`)
  }
  const git = (...args) =>
    spawnSync('git', ['-C', repository, '-c', 'user.name=Bench', '-c', 'user.email=bench@example.org', ...args])
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '-m', 'first')
  return repository
}

function instances(count) {
  const commit = spawnSync('git', ['-C', join(folder, 'repository'), 'rev-parse', 'HEAD'], {
    encoding: 'utf8',
  }).stdout.trim()
  return Array.from({ length: count }, (_, index) => {
    const part = index % 50
    const path = `shop/part_${part}.py`
    const patch = `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1,2 +1,2 @@\n def part_${part}(price):\n-    return price * ${part}\n+    return price + ${part}\n`
    const problem = `The price of number ${index} is wrong: part_${part} multiplies where it should add.`
    const row = {
      instance_id: `n-${index}`,
      repo: 'bench/shop',
      base_commit: commit,
      problem_statement: problem,
      patch,
    }
    return `${JSON.stringify(row)}\n`
  }).join('')
}

function placesOf(repository) {
  return ['--repos', repository, '--cache', join(folder, 'cache')]
}

function queueUrl() {
  return `redis://127.0.0.1:${port}`
}

function environment() {
  return { ...process.env, FUSESEARCH_BASE_URL: model.url, FUSESEARCH_API_KEY: '', NO_COLOR: '1' }
}

async function freePort() {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const found = server.address().port
  server.close()
  return found
}

function say(line) {
  process.stderr.write(`${line}\n`)
}

function toText({ waiting, throughput, overhead, chaos }) {
  return [
    `overhead  median ${overhead.medianMs} ms, p95 ${overhead.p95Ms} ms a job alone; ${overhead.togetherMs} ms a job of many on one slot  (load ${overhead.load})`,
    ...waiting.map((one) => rowOf('waiting', one)),
    ...throughput.map((one) => rowOf('searching', one)),
    chaos === undefined
      ? ''
      : `${chaos.kills} kills  ${chaos.rows} rows: ${chaos.lost} lost, ${chaos.doubled} doubled, ${chaos.different} different, in ${chaos.seconds} s`,
    '',
  ].join('\n')
}

function rowOf(title, { workers, seconds, jobsPerSecond, rounds, ofRounds, cpuMsAJob, load: busy }) {
  const share = `${rounds} rounds, ${(ofRounds * 100).toFixed(1)}% of their time`
  return `${title.padEnd(9)} ${String(workers).padStart(3)} workers ${String(seconds).padStart(7)} s ${String(jobsPerSecond).padStart(6)} jobs/s  ${share}, ${cpuMsAJob} ms of processor time a job  (load ${busy})`
}
