// Tests training with TRL on a tiny model: `npm run test:trl [-- --packages DIR]`. Makes repositories, a teacher's runs
// and conversations with the product's own commands, fine-tunes a generated model, trains it with GRPO against the real
// server, and runs OpenEnv's validator and client against that server. It also fine-tunes a generated encoder and exports
// it. python/tests has the checks.
// Skips with exit 0 if the packages can't be installed; exit 1 means a failed test.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeData } from './trl/data.mjs'
import { preparePython } from './trl/python.mjs'
import { runPython } from './trl/run.mjs'

const REPOSITORIES = 8
const SHOWN_LINES = 60

/** Test modules by their packages. */
const SUITES = {
  trl: ['test_settings', 'test_wire', 'test_training', 'test_local'],
  openenv: ['test_openenv'],
  encoder: ['test_encoder'],
}

const options = { packages: { type: 'string' }, only: { type: 'string' }, help: { type: 'boolean', default: false } }
const { values } = parseArgs({ options })
if (values.help) {
  process.stdout.write(
    'Usage: npm run test:trl [-- --packages DIR] [-- --only trl|openenv|encoder]\n\n  --packages DIR  where Python packages are installed\n',
  )
  process.exit(0)
}

say('needs: Python 3.10 or newer with venv, and once some 7 GB of packages by pip (PyTorch, TRL, OpenEnv), where')
say('PyTorch brings CUDA along; no graphics card, no model of anyone, no hub')
const folder = mkdtempSync(join(tmpdir(), 'fusesearch-trl-'))
const log = join(folder, 'log.txt')
process.exitCode = await runSuites()
if (process.exitCode === 0) rmSync(folder, { recursive: true, force: true })

async function runSuites() {
  const names = Object.keys(SUITES).filter((name) => values.only === undefined || name === values.only)
  const pythons = []
  for (const name of names) pythons.push([name, await preparePython(name, { ...values, say })])
  const begin = performance.now()
  await makeData(folder, { count: REPOSITORIES, say: print })
  let failed = 0
  for (const [name, { python, missing }] of pythons) {
    if (python === undefined) print(`skipped: ${missing}`)
    else if (!(await runPython(python, ['-m', 'unittest', '-v', ...SUITES[name]], { data: folder, log, say: print })))
      failed++
  }
  const ran = pythons.filter(([, { python }]) => python !== undefined).length
  if (failed > 0) print(readFileSync(log, 'utf8').split('\n').slice(-SHOWN_LINES).join('\n'))
  if (failed > 0) print(`a fact does not hold: see above, and ${log}`)
  else if (ran > 0) print(`every fact holds; ${((performance.now() - begin) / 1000).toFixed(0)} s, install apart`)
  return failed > 0 ? 1 : 0
}

function say(line) {
  process.stderr.write(`test:trl: ${line}\n`)
}

function print(text) {
  process.stdout.write(`${text}\n`)
}
