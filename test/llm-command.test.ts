import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ensureBuilt, runFusesearch, startFusesearch } from './support/command.ts'
import { git, SHOP_ISSUE, temporaryFolder, tinyRepository } from './support/folder.ts'
import { type Script, type ScriptedServer, startScriptedServer } from './support/scripted-model/index.ts'
import { instance } from './support/shop-dataset.ts'

const SCRIPT: Script = [
  {
    calls: [
      { name: 'grep', arguments: { pattern: 'apply_discount' } },
      { name: 'glob', arguments: { patterns: ['*.py'] } },
    ],
  },
  {
    calls: [
      {
        name: 'answer',
        arguments: { files: [{ path: './shop/cart.py', functions: [{ name: 'Cart.apply_discount' }] }] },
      },
    ],
  },
]
const KEY = 'sk-secret-0123456789'

async function serve(script: Script = SCRIPT): Promise<ScriptedServer> {
  const server = await startScriptedServer({ script })
  onTestFinished(() => server.close())
  return server
}

function llm(server: ScriptedServer, ...more: string[]): string[] {
  return ['--policy', 'llm', '--model', 'scripted', '--base-url', server.url, ...more]
}

function jsonLines(path: string) {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('the LLM policy from the command line', () => {
  beforeAll(ensureBuilt)

  it('locates, tells its cost, and lets the key out nowhere', async () => {
    const server = await serve()
    const file = join(temporaryFolder(), 'run.jsonl')
    const flags = ['--breadth', '1', '--temperature', '0.5', '--price-in', '2', '--price-out', '10', '--seed', '7']
    const run = [
      'locate',
      ...llm(server, ...flags, '--trust', '1'),
      '--repo',
      tinyRepository(),
      '--json',
      '--trajectory',
      file,
      '--full',
      SHOP_ISSUE,
    ]
    const result = await startFusesearch(run, { env: { FUSESEARCH_API_KEY: KEY } })
    expect(result).toMatchObject({ code: 0, stderr: '' })
    const located = JSON.parse(result.stdout)
    expect(located).toMatchObject({ policy: 'llm', stoppedBy: 'answer', files: [{ path: 'shop/cart.py' }] })
    // 100 tokens in and 20 out a reply: (200 × 2 + 40 × 10) millionths.
    expect(located.stats.model).toMatchObject({ requests: 2, inputTokens: 200, outputTokens: 40, isEstimated: false })
    expect(located.stats.model.cost).toBeCloseTo(0.0008, 10)
    expect(located.stats.calls).toBe(1)
    expect(located.notices.join()).toContain('"./shop/cart.py" of the answer was read as shop/cart.py')
    expect(server.requests[0]?.body).toMatchObject({ temperature: 0.5, seed: 7, parallel_tool_calls: false })
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`)
    expect(readFileSync(file, 'utf8') + result.stdout).not.toContain(KEY)
    const [header, turn] = jsonLines(file)
    expect(header).toMatchObject({
      settings: { breadth: 1, temperature: 0.5, fallback: 'embedded', trust: 1 },
      budget: { maxBreadth: 1 },
      limits: { maxLinesPerCall: 400 },
    })
    expect(turn).toMatchObject({ cut: [{ tool: 'glob' }], model: { requests: 1 } })
    const replay = await runFusesearch(['replay', file])
    expect(replay).toMatchObject({ code: 2 })
    expect(replay.stderr).toContain("can't be replayed")
  })

  it('makes budgets fit into the context that is given, and sends them', async () => {
    const server = await serve()
    const file = join(temporaryFolder(), 'run.jsonl')
    const flags = ['--context-length', '4096', '--max-result-tokens', '900', '--threads', '1']
    const run = ['locate', ...llm(server, ...flags), '--repo', tinyRepository(), '--trajectory', file, SHOP_ISSUE]
    expect((await runFusesearch(run, {})).code).toBe(0)
    const [header] = jsonLines(file)
    const budgets = { contextLength: 4_096, maxReplyTokens: 256, maxTokensPerTurn: 900, maxTokensPerCall: 300 }
    expect(header.settings).toMatchObject(budgets)
    expect(JSON.stringify(server.requests[0]?.body)).toContain('"max_tokens":256')
  })

  it('names the flag that is wrong', async () => {
    const wrong: [string[], string][] = [
      [['--policy', 'llm'], 'No model is named. Give --model NAME'],
      [['--model', 'x'], '--model is for a language model, but --policy embedded uses none'],
      [['--policy', 'llm', '--model', 'x', '--max-cost', '1'], "--max-cost needs the model's prices"],
      [['--policy', 'llm', '--model', 'x', '--price-in', '1'], '--price-out is missing'],
      [['--policy', 'llm', '--model', 'x', '--breadth', 'wide'], "'--breadth <n>' argument 'wide' is invalid"],
      [['--policy', 'llm', '--model', 'x', '--temperature', '3'], 'Give a number from 0 to 2'],
      [['--policy', 'llm', '--model', 'gpt-x'], 'OPENAI_API_KEY'],
    ]
    const env = { FUSESEARCH_MODEL: '', FUSESEARCH_BASE_URL: '', FUSESEARCH_API_KEY: '', OPENAI_API_KEY: '' }
    const repo = tinyRepository()
    const results = await Promise.all(
      wrong.map(([flags]) => runFusesearch(['locate', ...flags, '--repo', repo, SHOP_ISSUE], { env })),
    )
    expect(results.map(({ code }) => code)).toEqual(wrong.map(() => 2))
    for (const [index, [, message]] of wrong.entries()) expect(results[index]?.stderr).toContain(message)
  })

  it('marks an answer that the fallback gave', async () => {
    const server = await serve([{ misbehaviour: 'key-refused-and-echoed', reply: {} }])
    const run = ['locate', ...llm(server, '--seed-with', 'embedded'), '--repo', tinyRepository(), '--json', SHOP_ISSUE]
    const located = JSON.parse((await runFusesearch(run)).stdout)
    expect(located).toMatchObject({ stoppedBy: 'policy-failed', files: [{ path: 'shop/cart.py' }] })
    expect(located.notices.join()).toContain('this is the answer of the policy embedded')
  })

  it('writes no key into any file or line, wherever it was given', async () => {
    const queryKey = 'query/key+0123456789'
    const secrets = [KEY, encodeURIComponent(KEY), btoa(KEY), queryKey, encodeURIComponent(queryKey), '0123456789']
    const { folder, dataset, flags } = makeDataset()
    const echoing: Script = [
      { text: `My key is ${KEY}.`, calls: [{ name: 'grep', arguments: { pattern: KEY } }] },
      { misbehaviour: 'key-refused-and-echoed', reply: {} },
    ]
    for (const [name, script] of Object.entries({ good: SCRIPT, echoing })) {
      const server = await serve(script)
      const url = `${server.url}?api-key=${encodeURIComponent(queryKey)}`
      const model = ['--policy', 'llm', '--model', 'scripted', '--base-url', url, '--fallback', 'embedded']
      const env = { FUSESEARCH_API_KEY: KEY, FUSESEARCH_DEBUG: '1' }
      const out = join(folder, name)
      const file = join(folder, `${name}.jsonl`)
      const many = name === 'good' ? 'eval' : 'rollout'
      const ran = await Promise.all([
        runFusesearch([many, dataset, ...flags, ...model, '--out', out], { env }),
        runFusesearch(
          ['locate', ...model, '--repo', tinyRepository(), '--json', '--trajectory', file, '--full', SHOP_ISSUE],
          { env },
        ),
      ])
      expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`)
      const written = textOf(folder) + ran.map(({ stdout, stderr }) => stdout + stderr).join('\n')
      expect(written).toContain(`--base-url ${server.url} --fallback`)
      for (const secret of secrets) expect(written).not.toContain(secret)
    }
  })

  it('evaluates with and without tools, and rolls out samples that resume', async () => {
    const server = await serve()
    const { folder, dataset, flags } = makeDataset()
    const out = join(folder, 'eval')
    const names = ['--policy', 'llm,llm-no-tools', '--model', 'scripted', '--base-url', server.url]
    const evaluated = await runFusesearch(['eval', dataset, ...flags, ...names, '--jobs', '2', '--out', out, '--json'])
    expect(evaluated.code).toBe(0)
    const { policies } = JSON.parse(evaluated.stdout)
    expect(policies.map(({ policy }: { policy: string }) => policy)).toEqual(['llm', 'llm-no-tools'])
    expect(policies[0].subsets.all.search.model).toMatchObject({ n: 2, requests: 2, inputTokens: 200, estimated: 0 })
    expect(readFileSync(join(out, 'report.md'), 'utf8')).toMatch(/\| llm \| 2 \| 2 \| 200 \| \S+ \| 40 \| – \| \d+ \|/)
    const compared = await runFusesearch(['compare', `${out}:llm`, `${out}:llm-no-tools`])
    expect(compared.stdout).toMatch(/policy +instances +requests +tokens in[^]*\nA +2 +2 +200/)
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')).identity.llm).toMatchObject({ model: 'scripted' })
    expect(jsonLines(join(out, 'rows.jsonl'))[0].stats.model.requests).toBeGreaterThan(0)

    const rollouts = join(folder, 'rollout')
    const rollout = ['rollout', dataset, ...flags, ...llm(server), '--samples', '3', '--jobs', '4', '--out', rollouts]
    const first = await runFusesearch(rollout)
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining('6 samples, 0 failed: file F1 100.0') })
    const samples = jsonLines(join(rollouts, 'samples.jsonl'))
    expect(samples.map(({ id, sample, seed }) => `${id} ${sample} ${seed}`)).toEqual([
      's-1 0 0',
      's-1 1 1',
      's-1 2 2',
      's-2 0 0',
      's-2 1 1',
      's-2 2 2',
    ])
    expect(samples[0]).toMatchObject({ policy: 'llm', fileF1: 1, functionF1: 1, turns: 2, calls: 2, tokens: 240 })
    expect(samples[0].efficiency).toBeGreaterThan(0)
    const trajectory = jsonLines(join(rollouts, samples[4].trajectory))
    expect(trajectory[0]).toMatchObject({ full: true, seed: 1 })
    expect(existsSync(join(rollouts, samples[5].trajectory))).toBe(true)

    // As a kill leaves it: the last row is gone.
    const rows = readFileSync(join(rollouts, 'rows.jsonl'), 'utf8').trim().split('\n')
    writeFileSync(join(rollouts, 'rows.jsonl'), `${rows.slice(0, -1).join('\n')}\n`)
    rmSync(join(rollouts, 'samples.jsonl'))
    const asked = server.requests.length
    expect((await runFusesearch(rollout)).code).toBe(0)
    expect(server.requests.length - asked).toBe(2)
    expect(jsonLines(join(rollouts, 'samples.jsonl'))).toHaveLength(6)
  })
})

/** Every file below a folder as one text. */
function textOf(folder: string): string {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  return paths.map((path) => (statSync(path).isFile() ? readFileSync(path, 'latin1') : '')).join('\n')
}

function makeDataset(): { folder: string; dataset: string; flags: string[] } {
  const repository = tinyRepository()
  const base = git(repository, 'rev-parse', 'HEAD').trim()
  const folder = temporaryFolder()
  const dataset = join(folder, 'tiny.jsonl')
  writeFileSync(dataset, ['s-1', 's-2'].map((id) => `${instance(id, base, SHOP_ISSUE)}\n`).join(''))
  return { folder, dataset, flags: ['--repos', repository, '--cache', join(folder, 'cache')] }
}
