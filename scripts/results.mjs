// Copies a finished run into results/ and prints the Markdown rows of its table:
//   node scripts/results.mjs NAME=RUN_FOLDER [NAME=RUN_FOLDER …]
// Without arguments it prints the table of everything in results/.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const results = join(dirname(dirname(fileURLToPath(import.meta.url))), 'results')

for (const argument of process.argv.slice(2)) {
  const [name, folder] = argument.split('=')
  if (folder === undefined) throw new Error(`${argument}: give NAME=RUN_FOLDER`)
  publish(name, folder)
}
process.stdout.write(table())

function publish(name, folder) {
  const target = join(results, name)
  mkdirSync(target, { recursive: true })
  for (const file of ['summary.json', 'report.md']) {
    writeFileSync(join(target, file), withoutFolders(readFileSync(join(folder, file), 'utf8')))
  }
  const rows = readFileSync(join(folder, 'rows.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const kept = new Set(rows.filter(({ gold }) => gold?.kept === true).map(({ id }) => id))
  writeFileSync(join(target, 'kept.txt'), `${[...kept].sort((a, b) => (a < b ? -1 : 1)).join('\n')}\n`)
}

/** Messages contain folders of one machine; published files don't. */
function withoutFolders(text) {
  const inBrackets = / \(\/[^)\s]+\)/g
  const inQuotes = /(["'])\/(?:[\w.+-]+\/)+/g
  return text
    .replace(inBrackets, '')
    .replace(inQuotes, '$1')
    .replace(/ \/[\w.+-]+(?:\/[\w.+-]+)+/g, ' …')
}

function table() {
  const lines = [
    '| dataset (instances) | policy | subset | file F1 | function F1 | file Acc@5 | turns | calls | e | redundant | ms p50 |',
    '|---|---|---|---|---|---|---|---|---|---|---|',
  ]
  for (const name of readdirSync(results).sort((a, b) => (a < b ? 1 : -1))) {
    if (!existsSync(join(results, name, 'summary.json'))) continue
    const summary = JSON.parse(readFileSync(join(results, name, 'summary.json'), 'utf8'))
    for (const { policy, subsets } of summary.policies) {
      for (const [subset, of] of Object.entries(subsets)) lines.push(cellsOf({ name, policy, subset, of }))
    }
  }
  return `${lines.join('\n')}\n`
}

function cellsOf({ name, policy, subset, of }) {
  const { search } = of
  const isRanker = search.calls === 0
  const cells = [
    `${name} (${of.instances})`,
    policy,
    subset,
    estimate(of.file.f1),
    estimate(of.function.f1),
    of.file.accAt5.value.toFixed(1),
    isRanker ? '' : search.turns.toFixed(1),
    isRanker ? '' : search.calls.toFixed(1),
    isRanker ? '' : search.efficiency.value.toFixed(1),
    isRanker ? '' : search.redundancy.toFixed(1),
    String(Math.round(search.ms.p50)),
  ]
  return `| ${cells.join(' | ')} |`
}

function estimate({ value, low, high }) {
  return `${value.toFixed(1)} [${low.toFixed(1)}, ${high.toFixed(1)}]`
}
