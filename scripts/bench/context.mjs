// How much of a model's context hiding shown lines and the budget save, on trajectories recorded with --full.
// node scripts/bench/context.mjs FILE [FILE …] [--per-call 4000] [--per-turn 12000] [--json]
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const { values: flags, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    'per-call': { type: 'string', default: '4000' },
    'per-turn': { type: 'string', default: '12000' },
    dist: { type: 'string', default: join(root, 'packages/fusesearch/dist') },
    json: { type: 'boolean', default: false },
  },
})
if (files.length === 0) {
  process.stderr.write('Name trajectories that `fusesearch locate --trajectory FILE --full` or `rollout` wrote.\n')
  process.exit(2)
}

const load = (path) => import(pathToFileURL(join(resolve(flags.dist), path)).href)
const [{ readTrajectoryFile }, { measureContext }] = await Promise.all(
  ['agent/index.js', 'policies/index.js'].map(load),
)
const options = {
  maxTokensPerCall: Number(flags['per-call']),
  maxTokensPerTurn: Number(flags['per-turn']),
  hideShownLines: true,
  novelty: false,
  foldAfterTurns: null,
}

const total = { trajectories: 0 }
for (const file of files) {
  const { turns } = await readTrajectoryFile(file)
  const measured = await measureContext(turns, options)
  for (const [name, value] of Object.entries(measured)) total[name] = (total[name] ?? 0) + value
  total.trajectories++
}
process.stdout.write(flags.json ? `${JSON.stringify({ version: 1, ...total })}\n` : toText())

function toText() {
  const { trajectories, calls, plainTokens, hidingTokens, budgetTokens, bothTokens, hiddenLines, cutCalls } = total
  const row = (name, tokens) => {
    const saved = (100 * (1 - tokens / Math.max(1, plainTokens))).toFixed(1)
    return `${name.padEnd(22)} ${String(tokens).padStart(9)} tokens   ${saved.padStart(5)}% saved\n`
  }
  const head = `${trajectories} trajectories, ${calls} calls; ${hiddenLines} lines hidden, ${cutCalls} calls cut\n`
  const rows = [
    row('everything', plainTokens),
    row('shown lines hidden', hidingTokens),
    row('within the budget', budgetTokens),
    row('both', bothTokens),
  ]
  return head + rows.join('')
}
