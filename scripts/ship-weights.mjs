// Makes the weights of a training the program's default:
//   node scripts/ship-weights.mjs RUN_FOLDER
// writes packages/fusesearch/src/policies/embedded/trained.ts from the folder's weights.json and training.json; numbers
// have 4 decimals.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseWeights, partsOf } from 'fusesearch/policies'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [folder, target = join(root, 'packages/fusesearch/src/policies/embedded/trained.ts')] = process.argv.slice(2)
if (folder === undefined || !existsSync(join(folder, 'training.json'))) {
  process.stderr.write('Give the folder of a finished training: node scripts/ship-weights.mjs RUN_FOLDER\n')
  process.exit(2)
}

const weights = parseWeights(readFileSync(join(folder, 'weights.json'), 'utf8'), join(folder, 'weights.json'))
const training = JSON.parse(readFileSync(join(folder, 'training.json'), 'utf8'))
writeFileSync(target, source(weights, training))
execFileSync(process.execPath, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'format', '--write', target], {
  cwd: root,
  stdio: 'inherit',
})

function source({ term, file, function: functions, strategy, confidence }, facts) {
  return `/**
 * The policies' default weights, written by \`scripts/ship-weights.mjs\`; do not edit.
${comment(facts)}
 */
import { strategyOf } from './strategy/strategy.ts'
import type { Weights } from './weights.ts'

/* oxlint-disable oxc/approx-constant -- numbers of a fit may be near those of mathematics */
export const DEFAULT_WEIGHTS: Weights = {
  term: ${text(rounded(term))},
  file: ${text(rounded(file))},
  function: ${text(rounded(functions))},
  strategy: strategyOf(${text(partsOf(strategy, round))}),
  confidence: ${text(rounded(confidence))},
}
`
}

function comment(facts) {
  const { digest, settings, commit, version, weights: name, from } = facts
  return [
    `Trained on ${side(facts.training)}, chosen on ${side(facts.validation)} (digest ${digest.slice(0, 16)}).`,
    ...(from === 'hand' ? [] : [`Begun from the weights ${from}.`]),
    `Seed ${settings.seed}; FuseSearch ${version}, commit ${commit ?? 'unknown'}; weights ${name} before rounding.`,
    'Held out, by hand and trained: see docs/training-reference.md.',
  ]
    .map((line) => ` * ${line}`)
    .join('\n')
}

function side({ name, samples, repositories }) {
  return `${name}, ${samples} samples of ${repositories} repositories`
}

function rounded(values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, round(value)]))
}

function round(value) {
  // Adding 0 turns -0 into 0.
  return Math.round(value * 10_000) / 10_000 + 0
}

/** An object's text with unquoted names where possible. */
function text(value) {
  return JSON.stringify(value)
    .replace(/"(\w+)":/g, '$1:')
    .replaceAll('"', "'")
}
