import { chmodSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureBuilt, runFusesearch } from './support/command.ts'
import { writeFiles } from './support/folder.ts'
import { writeTinySplit } from './support/tiny-samples.ts'

/**
 * Plays the trainer: Python with its packages is no part of these tests (`npm run test:trl` runs the real one). It writes
 * down its flags, says what the real one says, and ends as the environment asks.
 */
const TRAINER = `#!${process.execPath}
const fs = require('node:fs')
const args = process.argv.slice(2)
if (args[0] === '-c') process.exit(0)
if (args[1] === 'venv') {
  fs.mkdirSync(args[2] + '/bin', { recursive: true })
  fs.copyFileSync(__filename, args[2] + '/bin/python')
  process.exit(0)
}
if (args[1] === 'pip') {
  fs.appendFileSync(process.env.TRAINER_PIP, args.slice(1, 4).join(' ') + '\\n')
  if (process.env.TRAINER === 'offline') console.error('ERROR: no index')
  process.exit(process.env.TRAINER === 'offline' ? 1 : 0)
}
const flag = (name) => args[args.indexOf('--' + name) + 1]
fs.writeFileSync(flag('output') + '/flags.json', JSON.stringify({ args, path: process.env.PYTHONPATH }))
const say = (line) => console.log(JSON.stringify(line))
const ranking = { open: 2, before: 1, alone: 0, first: 1, likelihood: -1.5, gain: 0.25 }
const summary = { all: { samples: 2, files: ranking, functions: ranking }, doubt: { samples: 0 }, gain: 0.5 }
const tuned = { ...summary, all: { ...summary.all, files: { ...ranking, alone: 1 } } }
const interval = { samples: 2, mean: 0.5, low: -0.25, high: 1 }
const difference = { first: interval, likelihood: interval }
say({ event: 'epoch', epoch: 0, best: 0, ...summary })
say({ event: 'step', step: 1, steps: 2, loss: 1, secondsLeft: 65 })
if (process.env.TRAINER === 'fails') {
  console.error('Traceback of a bug\\nMemoryError: no memory left')
  process.exit(1)
}
if (process.env.TRAINER === 'babbles') console.log('hello')
say({ event: 'epoch', epoch: 1, best: 1, ...tuned })
const best = Number(process.env.TRAINER_BEST ?? 1)
say({
  event: 'result', file: 'tuned.onnx', bytes: 5, sha256: 'ab', best, epochs: [summary, tuned],
  untrained: summary, tuned, differences: { files: difference, functions: difference }, settings: { seed: 3 },
})
`

let folder: string

beforeAll(() => {
  ensureBuilt()
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-test-')))
  writeTinySplit(folder)
  writeFiles(folder, {
    'base/config.json': '{}',
    'base/tokenizer.json': '{}',
    'base/model.safetensors': 'weights',
    'base/README.md': '---\nlicense: apache-2.0\n---\n# A model\n',
  })
  writeFiles(folder, { trainer: TRAINER })
  chmodSync(join(folder, 'trainer'), 0o755)
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function run(out: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  return runWith(['--python', './trainer'], out, { args, env })
}

interface RunOptions {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

function runWith(python: readonly string[], out: string, { args, env }: RunOptions) {
  const repos = ['--repos', '{owner}+{name}', '--cache', 'cache', ...python]
  return runFusesearch(['encoder', 'train', 'train.jsonl', ...repos, '--base', 'base', '--out', out, ...args], {
    cwd: folder,
    env,
  })
}

const VALIDATION = ['--validation', 'validation.jsonl']
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

interface Pair {
  readonly repo: string
  readonly issue: string
  readonly files: readonly { readonly path: string; readonly text: string; readonly isGold: boolean }[]
  readonly functions: readonly { readonly name: string; readonly text: string; readonly isGold: boolean }[]
}
const pairsIn = (name: string): readonly Pair[] =>
  read(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Pair)

const reposIn = (name: string): Set<string> => new Set(pairsIn(name).map(({ repo }) => repo))

// The trainer's first line names a program, which Windows doesn't read.
describe.skipIf(process.platform === 'win32')('encoder train', () => {
  test('makes pairs of real searches, trains, and writes a card', async () => {
    const result = await run('tuned', [...VALIDATION, '--epochs', '1', '--seed', '3', '--loss', 'ranking'])
    expect(result.code, result.stderr).toBe(0)
    const [pairs, heldOut] = [pairsIn('tuned/pairs.jsonl'), pairsIn('tuned/held-out.jsonl')]
    expect(pairs).toHaveLength(8)
    expect(new Set(heldOut.map(({ repo }) => repo))).toEqual(new Set(['tiny/maps']))
    const [first] = pairs
    expect(first?.issue).toMatch(/^cart loses an entry The first load of a cart is fine/)
    expect(first?.files.find(({ isGold }) => isGold)).toMatchObject({ path: 'shop/cart.py' })
    const gold = first?.functions.filter(({ isGold }) => isGold)
    expect(gold?.map(({ name, text }) => [name, text.slice(0, 50)])).toEqual([
      ['load_cart', 'load cart def load cart entries state None Makes t'],
    ])
    const { args, path } = JSON.parse(read('tuned/flags.json')) as { args: string[]; path: string }
    expect(args.join(' ')).toContain(`--epochs 1 --learning-rate 0.00002 --loss ranking --seed 3 --threads 1`)
    expect(existsSync(join(path, 'fusesearch_rl/encoder.py'))).toBe(true)
    expect(JSON.parse(read('tuned/product.json'))).toMatchObject({ max_tokens: 96, doubt: 0.4, read_files: 8 })
    expect(result.stderr).toContain('epoch 1: first file 50.0, first function 0.0, the best so far')
    expect(result.stdout).toContain('50.0 tuned (+50.0 [-25.0, +100.0])')
    expect(JSON.parse(read('tuned/card.json'))).toMatchObject({
      base: { name: 'base', licence: 'apache-2.0' },
      data: { training: { samples: 8, repositories: 2 }, heldOut: { file: 'validation.jsonl', samples: 2 } },
      best: 1,
      skipped: 0,
      settings: { seed: 3 },
    })
  })

  test('the second time it keeps the pairs, and no gain is a negative result', async () => {
    const before = read('tuned/pairs.jsonl')
    const result = await run('tuned', VALIDATION, { TRAINER_BEST: '0' })
    expect(result.code, result.stderr).toBe(1)
    expect(result.stderr).not.toContain('samples searched')
    expect(result.stdout).toContain('No epoch was better than the untrained model')
    expect(read('tuned/pairs.jsonl')).toBe(before)
  })

  test('without held-out samples a part of the repositories is', async () => {
    const result = await run('split', ['--quiet'])
    expect(result.code, result.stderr).toBe(0)
    const [learned, heldOut] = [reposIn('split/pairs.jsonl'), reposIn('split/held-out.jsonl')]
    expect([...learned, ...heldOut].sort()).toEqual(['tiny/mail', 'tiny/shop'])
    expect(learned.size).toBe(1)
  })

  test('a trainer that fails or says something else is an error with its last words', async () => {
    const failed = await run('failed', VALIDATION, { TRAINER: 'fails' })
    expect(failed.code).toBe(2)
    expect(failed.stderr).toContain('MemoryError: no memory left. Once that is mended, the same command goes on')
    expect(existsSync(join(folder, 'failed/card.json'))).toBe(false)
    const babbled = await run('babbled', VALIDATION, { TRAINER: 'babbles' })
    expect(babbled.code).toBe(2)
    expect(babbled.stderr).toContain('The trainer said something unknown: hello')
  })

  test('without --python an environment is installed once, in the cache folder', async () => {
    // Programs below the working directory aren't run, so that python3 lies elsewhere.
    const programs = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-test-')))
    writeFiles(programs, { python3: TRAINER })
    chmodSync(join(programs, 'python3'), 0o755)
    const [log, cache] = [join(programs, 'pip.txt'), join(programs, 'cache')]
    const env = { PATH: `${programs}:${process.env['PATH'] ?? ''}`, FUSESEARCH_CACHE: cache, TRAINER_PIP: log }
    const offline = await runWith([], 'managed', { args: VALIDATION, env: { ...env, TRAINER: 'offline' } })
    expect(offline.code).toBe(2)
    expect(offline.stderr).toContain("requirements-encoder.txt can't be installed: ERROR: no index.")
    for (const _ of [1, 2]) {
      const result = await runWith([], 'managed', { args: VALIDATION, env })
      expect(result.code, result.stderr).toBe(0)
    }
    // The one that failed, and one more.
    expect(readFileSync(log, 'utf8')).toBe('pip install --quiet\n'.repeat(2))
    rmSync(programs, { recursive: true, force: true })
  })
})
