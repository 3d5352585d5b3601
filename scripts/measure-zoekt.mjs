// Compares local walks with zoekt on a corpus, in one run:
//   node scripts/measure-zoekt.mjs --repositories DIR --issues FILE --zoekt DIR --work DIR [--count 50]
// --repositories: bare git repositories, DIR/OWNER/NAME.git. --issues: JSON lines with repo and problem_statement.
// --zoekt: the folder of zoekt-git-index and zoekt-webserver. --work: gets the checkouts and the index, which are kept.
// Needs a build (npm run build). Prints a table; --json FILE writes every row.
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'

const PORT = 6179
/** Larger than the default limit of a call, so that a slow walk is measured to its end. */
const CALL_TIMEOUT_MS = 120_000
/** The same files that ripgrep searches in a folder: up to 10 MB, whatever their words. */
const LIMITS = ['-file_limit', '10000000', '-max_trigram_count', '1000000']
const INDEX_FLAGS = ['-disable_ctags', '-submodules=false', '-parallelism', '2', ...LIMITS]

const { values } = parseArgs({
  options: {
    repositories: { type: 'string' },
    issues: { type: 'string' },
    zoekt: { type: 'string' },
    work: { type: 'string' },
    count: { type: 'string', default: '50' },
    json: { type: 'string' },
    only: { type: 'string' },
  },
})
const { repositories = '', issues = '', zoekt = '', work = '' } = values
if (repositories === '' || zoekt === '' || work === '') {
  process.stderr.write(
    'Give --repositories, --issues, --zoekt and --work; the head of this script says what they are.\n',
  )
  process.exit(2)
}

const checkouts = join(work, 'checkouts')
const index = join(work, 'index')
const names = namesOf(repositories)
const facts = { repositories: names.length, ...checkOut(), ...buildIndex() }
say(
  `${facts.repositories} repositories, ${facts.files} files; index of ${mb(facts.indexBytes)} made in ${facts.indexS} s (${facts.indexCpuS} s of processor time)`,
)
if (values.only !== 'index') await measure()

/** `OWNER/NAME` of each repository. */
function namesOf(folder) {
  const owners = readdirSync(folder)
  return owners.flatMap((owner) =>
    readdirSync(join(folder, owner)).map((name) => `${owner}/${name.replace(/\.git$/, '')}`),
  )
}

/** Files of each repository's HEAD, in a folder with its name. */
function checkOut() {
  for (const name of names) {
    const folder = join(checkouts, name)
    if (existsSync(folder)) continue
    mkdirSync(folder, { recursive: true })
    const git = ['--git-dir', join(repositories, `${name}.git`), '-c', 'core.bare=false', '--work-tree', folder]
    execFileSync('git', [...git, 'read-tree', 'HEAD'])
    execFileSync('git', [...git, 'checkout-index', '--all', '--force'])
  }
  const listed = execFileSync('find', [checkouts, '-type', 'f', '-printf', '%s\n'], { maxBuffer: 2 ** 30 }).toString()
  const sizes = listed.trim().split('\n').map(Number)
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}

function buildIndex() {
  const told = join(work, 'index-times.json')
  const times = existsSync(told) ? JSON.parse(readFileSync(told, 'utf8')) : {}
  mkdirSync(index, { recursive: true })
  for (const name of names) {
    if (times[name] === undefined) {
      const repository = join(repositories, `${name}.git`)
      // Named by its path in the folder: OWNER/NAME.
      const how = [...INDEX_FLAGS, '-repo_cache', resolve(repositories), '-index', index, resolve(repository)]
      times[name] = timed(join(zoekt, 'zoekt-git-index'), how)
      writeFileSync(told, JSON.stringify(times))
    }
  }
  const sum = (which) => Math.round(Object.values(times).reduce((all, one) => all + one[which], 0))
  const shards = readdirSync(index).filter((name) => name.endsWith('.zoekt'))
  const indexBytes = shards.reduce((all, name) => all + statSync(join(index, name)).size, 0)
  return { indexS: sum('wallS'), indexCpuS: sum('cpuS'), indexBytes, shards: shards.length }
}

/** Runs a program; its wall and processor time in seconds. */
function timed(program, args) {
  // Streams files from git, which is much faster than zoekt's own reading.
  const env = { ...process.env, ZOEKT_DISABLE_CATFILE_BATCH: 'false' }
  const script = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null 2>&1'
  const run = spawnSync('bash', ['-c', script, 'bash', program, ...args], { env, encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`${program} failed for ${args.at(-1)}`)
  const [wallS = 0, userS = 0, systemS = 0] = run.stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? []
  return { wallS, cpuS: userS + systemS }
}

async function measure() {
  const { createEmbeddedPolicy, locate, PROGRAM_LIMITS, zoektBackend } = await import(
    '../packages/fusesearch/dist/index.js'
  )
  const limits = { ...PROGRAM_LIMITS, callTimeoutMs: CALL_TIMEOUT_MS }
  const web = spawn(join(zoekt, 'zoekt-webserver'), ['-rpc', '-index', index, '-listen', `127.0.0.1:${PORT}`], {
    stdio: 'ignore',
  })
  const backend = zoektBackend({ address: `http://127.0.0.1:${PORT}` })
  try {
    await whenLoaded(backend)
    const rows = []
    for (const { repo, issue } of chosenIssues()) {
      const ways = {}
      for (const [way, place] of [
        ['local', { repository: checkouts, ignoreRules: 'none' }],
        ['zoekt', { repository: checkouts, backend }],
      ]) {
        const policy = createEmbeddedPolicy({ includeTests: false })
        const [started, cpuBefore] = [performance.now(), cpuSeconds(web.pid)]
        const found = await locate({ issue, policy, limits, tools: ['grep', 'glob', 'read_file'], ...place })
        const ms = Math.round(performance.now() - started)
        const cpuMs = Math.round((cpuSeconds(web.pid) - cpuBefore) * 1_000)
        ways[way] = {
          ms,
          cpuMs,
          files: found.files.map(({ path }) => path),
          stopped: found.stoppedBy,
          notices: found.notices,
        }
      }
      const isSame = ways.local.files[0] === ways.zoekt.files[0]
      rows.push({ repo, isSame, ...ways })
      const told = Object.entries(ways).map(([way, { ms, cpuMs }]) => `${way} ${ms} ms (${cpuMs} ms of processors)`)
      say(`${rows.length} ${repo}: ${told.join(', ')}, ${isSame ? 'same' : 'OTHER'} top file`)
      if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ ...facts, rows }, null, 1)}\n`)
    }
    tell(rows)
  } finally {
    backend.close()
    web.kill()
  }
}

/** Processor time so far, in seconds, of this process, finished ripgreps, and zoekt-webserver; Linux only. */
function cpuSeconds(web) {
  const TICKS_A_SECOND = 100
  return (ticksOf('self', 13, 17) + ticksOf(web, 13, 15)) / TICKS_A_SECOND
}

function ticksOf(process, from, to) {
  const fields = readFileSync(`/proc/${process}/stat`, 'utf8').split(' ')
  return fields.slice(from, to).reduce((all, field) => all + Number(field), 0)
}

/** One issue of each repository in turn, in the order of the file. */
function chosenIssues() {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]))
  const byRepository = Map.groupBy === undefined ? groupBy : Map.groupBy
  const all = readFileSync(issues, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const groups = [
    ...byRepository(
      all.filter(({ repo }) => known.has(repo.toLowerCase())),
      ({ repo }) => repo.toLowerCase(),
    ),
  ]
  const chosen = []
  for (let round = 0; chosen.length < Number(values.count) && round < 100; round += 1) {
    for (const [repo, group] of groups) {
      if (group[round] !== undefined) chosen.push({ repo: known.get(repo), issue: group[round].problem_statement })
    }
  }
  return chosen.slice(0, Number(values.count))
}

function groupBy(items, key) {
  const groups = new Map()
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item])
  return groups
}

async function whenLoaded(backend) {
  for (let tries = 0; tries < 600; tries += 1) {
    try {
      const { sources, workspace } = await backend.open({})
      await workspace.close()
      if (sources.length === names.length) return
    } catch {
      // Not listening yet.
    }
    await wait(200)
  }
  throw new Error('zoekt-webserver did not load the whole index')
}

function tell(rows) {
  const same = rows.filter(({ isSame }) => isSame).length
  say(`same top file: ${same} of ${rows.length}`)
  for (const way of ['local', 'zoekt']) {
    for (const [what, unit] of [
      ['ms', 'ms'],
      ['cpuMs', 'ms of processors'],
    ]) {
      const times = rows.map((row) => row[way][what]).sort((a, b) => a - b)
      const at = (share) => times[Math.min(times.length - 1, Math.floor(share * times.length))]
      say(`${way}: median ${at(0.5)} ${unit}, nine of ten within ${at(0.9)}, most ${times.at(-1)}`)
    }
  }
}

function mb(bytes) {
  return `${Math.round(bytes / 1e6)} MB`
}

function say(text) {
  process.stdout.write(`${text}\n`)
}
