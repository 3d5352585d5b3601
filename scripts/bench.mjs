// Speed and memory on real trees: `npm run bench -- --repo DIR [--repo DIR …] [--issues FILE] [--json]`.
// `npm run bench -- --warm --repo DIR [--issues FILE] [--json]`: a warm workspace, alone and with 32 questions at once.
// `npm run bench -- --llm [--repo DIR] [--json]`: what the LLM policy adds to a turn.
// `npm run bench -- --queue [--workers 1,8,32,64] [--jobs 200] [--kills 20] [--json]`: a fleet of workers on a Redis.
// The first form measures the whole command from a fresh process beside `rg -c` of one word (`commandOverRg`), and the
// search inside a process: in a new workspace each (`locateP50Ms`) and in a kept one (`warmP50Ms`).
// Everything of a repository is measured in one run, in turns, and given as medians: machines are shared and noisy.
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

/** Texts that the whole command is asked. */
const COMMANDS = 9

const HELP = `Usage: npm run bench -- --repo DIR [--repo DIR …] [options]

Measures the command from a fresh process, without and with earlier commits, beside one \`rg -c WORD\` of the same tree
(commandOverRg, commandHistoryOverRg), its own processor time and memory; then the search inside a process, in a new
workspace each (locateP50Ms) and in one that is kept (warmP50Ms).

  --repo DIR       a repository to measure on; may be given several times
  --issues FILE    JSONL with repo and problem_statement; issues of the repository come first
                   (without it, issues are made of names drawn from the tree)
  --count N        localizations per repository (default 20)
  --rounds N       rounds of the fused-turn comparison (default 15)
  --repeat N       localizations in one process whose memory is watched (default 0)
  --warm           a warm workspace instead: one question after another, and 32 at once, three times each;
                   takes --repo, --issues, --count and --json
  --llm            what the LLM policy adds to a turn instead, alone and with many runs in one process;
                   takes --repo (default: this project), --runs N, --turns N, --latency MS and --json
  --queue          a queue of workers on a Redis instead: throughput, overhead, kills;
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

/** A process of its own: what else was loaded would count as the policy's. */
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
