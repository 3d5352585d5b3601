// A tiny model learns with GRPO: `npm run train:llm-tiny [-- --packages DIR --out FILE]`. Like `npm run test:trl`
// but longer: SFT on unfiltered runs of a teacher, bad habits included, then GRPO until it has lost them. Draws the
// mean reward of each step into docs/llm-tiny.svg. Exit 1 if the last steps aren't above the first.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { drawCurve } from './trl/curve.mjs'
import { makeData } from './trl/data.mjs'
import { preparePython } from './trl/python.mjs'
import { runPython } from './trl/run.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const REPOSITORIES = 8

const { values } = parseArgs({ options: { packages: { type: 'string' }, out: { type: 'string' } } })
const say = (line) => process.stderr.write(`train:llm-tiny: ${line}\n`)
const print = (line) => process.stdout.write(`${line}\n`)

say('needs what `npm run test:trl` needs')
const { python, missing } = await preparePython('trl', { ...values, say })
if (python === undefined) print(`skipped: ${missing}`)
else process.exitCode = await learn()

async function learn() {
  const folder = mkdtempSync(join(tmpdir(), 'fusesearch-tiny-'))
  const log = join(folder, 'log.txt')
  const curve = join(folder, 'curve.json')
  await makeData(folder, { count: REPOSITORIES, say: print })
  const hasLearned = await runPython(python, ['learn.py', curve], { data: folder, log, say: print })
  if (!hasLearned) {
    print(readFileSync(log, 'utf8').split('\n').slice(-30).join('\n'))
    print(`it has not learned: see ${log}`)
    return 1
  }
  const out = values.out ?? join(root, 'docs/llm-tiny.svg')
  const { rewards, ...drawing } = JSON.parse(readFileSync(curve, 'utf8'))
  writeFileSync(out, drawCurve({ values: rewards, ...drawing }))
  print(`curve: ${out}`)
  rmSync(folder, { recursive: true, force: true })
  return 0
}
