// Speed and memory on real trees: `npm run bench -- --repo DIR [--repo DIR …] [--issues FILE] [--json]`.
// `npm run bench -- --warm --repo DIR [--issues FILE] [--json]`: a warm workspace, alone and with 32 searches at once.
// `npm run bench -- --llm [--repo DIR] [--json]`: the overhead of the LLM policy per turn.
// `npm run bench -- --queue [--workers 1,8,32,64] [--jobs 200] [--kills 20] [--json]`: a fleet of workers on a Redis.
// The first form measures the whole command in a fresh process compared with `rg -c` of one word (`commandOverRg`), and
// the search inside a process: in a new workspace each time (`locateP50Ms`) and in a kept one (`warmP50Ms`).
// Everything about a repository is measured in one run, alternating, as medians, because machines are shared and noisy.
import { spawnSync } from 'node:child_process'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureCommand } from './bench/command.mjs'
import { measureFusing } from './bench/fusing.mjs'
import { pickIssues, readIssues } from './bench/issues.mjs'
import { measureLocate } from './bench/locate.mjs'
import { measureSpawn } from './bench/spawn.mjs'
import { measureWarm, measureWarmAlone } from './bench/warm.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Issues for the whole command. */
const COMMANDS = 9

const HELP = `Usage: npm run bench -- --repo DIR [--repo DIR …] [options]

Measures the command in a fresh process, without and with earlier commits, compared with one \`rg -c WORD\` of the same
tree (commandOverRg, commandHistoryOverRg), its own processor time and memory; then the search inside a process, in a new
workspace each time (locateP50Ms) and in a kept one (warmP50Ms).

  --repo DIR       a repository to measure on; repeatable
  --issues FILE    JSONL with repo and problem_statement; issues of the repository come first
                   (without it, issues are generated from names in the tree)
  --count N        localizations per repository (default 20)
  --rounds N       rounds of the fused-turn comparison (default 15)
  --repeat N       localizations in one process, to check its memory (default 0)
  --warm           measure a warm workspace: one search after another, and 32 at once, three times each;
                   takes --repo, --issues, --count and --json
  --llm            measure the overhead of the LLM policy, alone and with many runs in one process;
                   takes --repo (default: this project), --runs N, --turns N, --latency MS and --json
  --queue          measure a queue of workers on a Redis: throughput, overhead, kills;
                   takes --workers, --jobs, --latency MS, --kills and --json
  --json           one JSON object on standard output`

for (const part of ['llm', 'queue']) {
  if (process.argv.includes(`--${part}`)) process.exit(measureApart(part))
}

const { values } = parseArgs({
  options: {
    repo: { type: 'string', multiple: true, default: [] },
    issues: { type: 'string' },
    count: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '15' },
    repeat: { type: 'string', default: '0' },
    warm: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help || values.repo.length === 0) {
  process.stderr.write(`${HELP}\n`)
  process.exit(values.help ? 0 : 2)
}

const settings = { count: Number(values.count), rounds: Number(values.rounds), repeat: Number(values.repeat) }
const issues = values.issues === undefined ? undefined : readIssues(values.issues)
const repositories = []
for (const folder of values.repo) {
  process.stderr.write(`measuring ${basename(folder)}…\n`)
  repositories.push(await measure(resolve(folder)))
}
process.stdout.write(values.json ? `${JSON.stringify({ version: 1, repositories })}\n` : table(repositories))

/** A separate process: otherwise loaded code would count as the policy's. */
function measureApart(part) {
  const rest = process.argv.slice(2).filter((flag) => flag !== `--${part}`)
  return (
    spawnSync(process.execPath, [join(root, `scripts/bench/${part}.mjs`), ...rest], { stdio: 'inherit' }).status ?? 2
  )
}

async function measure(folder) {
  const chosen = await pickIssues(root, folder, { issues, count: settings.count })
  const about = { repo: basename(folder), issues: chosen.texts.length, ownIssues: chosen.own }
  if (values.warm) return { ...about, ...measureWarm(root, folder, chosen.texts) }
  const fusing = await measureFusing(root, folder, settings.rounds)
  const located = measureLocate(root, folder, { texts: chosen.texts, repeat: settings.repeat })
  const command = await measureCommand(root, folder, chosen.texts.slice(0, COMMANDS))
  return {
    ...about,
    files: fusing.files,
    ...command,
    fusedOverOne: fusing.fusedOverOne,
    separateOverFused: fusing.separateOverFused,
    ...located,
    ...measureWarmAlone(root, folder, chosen.texts),
    ...(values.json ? {} : measureSpawn(root, folder)),
  }
}

function table(rows) {
  const names = [...new Set(rows.flatMap(Object.keys))]
  const columns = [names, ...rows.map((row) => names.map((name) => String(row[name] ?? '')))]
  const padded = columns.map((column) => {
    const width = Math.max(...column.map((cell) => cell.length)) + 2
    return column.map((cell) => cell.padEnd(width))
  })
  return names
    .map(
      (_, line) =>
        `${padded
          .map((column) => column[line])
          .join('')
          .trimEnd()}\n`,
    )
    .join('')
}
