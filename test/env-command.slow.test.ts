import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { ensureBuilt, ROOT, runFusesearch } from './support/command.ts'
import { solution, type TinyWorld, tinyWorld } from './support/environment.ts'
import { temporaryFolder, writeFiles } from './support/folder.ts'
import { connectRaw } from './support/websocket.ts'

beforeAll(ensureBuilt)

/** The command as a process, and the address that it prints. */
async function serve(world: TinyWorld, ...more: string[]): Promise<{ child: ChildProcess; url: string }> {
  const args = [
    'env',
    'serve',
    world.dataset,
    '--repos',
    world.repos,
    '--cache',
    world.cacheDir,
    '--port',
    '0',
    ...more,
  ]
  const child = spawn(process.execPath, [join(ROOT, 'packages/fusesearch/dist/cli/main.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let text = ''
  const url = await new Promise<string>((resolve, reject) => {
    const read = (bytes: Buffer): void => {
      text += bytes.toString()
      const address = /Listening on (http:\S+)\n/.exec(text)?.[1]
      if (address !== undefined) resolve(address)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)))
  })
  return { child, url }
}

test('env serve plays an episode, logs it, and ends on SIGTERM', async () => {
  const world = await tinyWorld()
  const log = join(temporaryFolder(), 'episodes.jsonl')
  const { child, url } = await serve(world, '--log', log)
  const client = await connectRaw(url)
  await client.ask({ type: 'reset', data: {} })
  await client.ask({ type: 'step', data: { calls: solution(0).search } })
  const { data } = await client.ask({ type: 'step', data: { calls: solution(0).answer } })
  expect(data).toMatchObject({ done: true, reward: 2 })
  expect(JSON.parse(readFileSync(log, 'utf8'))).toMatchObject({ task_id: 'tiny-0', reward: 2, answered: true })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  expect(await ended).toBe(143)
})

test('env schema prints the same as a server at /prompts', async () => {
  const world = await tinyWorld()
  const flags = ['--max-turns', '3', '--reward', 'f1', '--gamma', '0.25']
  const { url } = await serve(world, ...flags)
  const printed = JSON.parse((await runFusesearch(['env', 'schema', ...flags])).stdout)
  expect(printed).toEqual(await (await fetch(`${url}/prompts`)).json())
  expect(printed.reward).toMatchObject({ alpha: 1, gamma: 0.25, delta: 0 })
})

test('env serve refuses repositories of evaluation sets, and the same split twice', async () => {
  const folder = temporaryFolder()
  const row = {
    instance_id: 'a',
    repo: 'Django/django',
    base_commit: 'a'.repeat(40),
    problem_statement: 'x',
    patch: 'x',
  }
  writeFiles(folder, {
    'a.jsonl': `${JSON.stringify(row)}\n`,
    'b.jsonl': `${JSON.stringify({ ...row, repo: 'o/n' })}\n`,
  })
  const refused = await runFusesearch(['env', 'serve', join(folder, 'a.jsonl'), '--port', '0'])
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/Django\/django \(1\)\. Leave these instances out\.\n$/),
  })
  const twice = await runFusesearch(['env', 'serve', join(folder, 'b.jsonl'), `train=${join(folder, 'b.jsonl')}`])
  expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('Two datasets have the split name train') })
})

test('data sft makes conversations from a rollout, reports what each filter kept, and refuses evaluation repositories', async () => {
  const world = await tinyWorld(2)
  const folder = temporaryFolder()
  const place = ['--repos', world.repos, '--cache', world.cacheDir]
  const rolled = ['rollout', world.dataset, ...place, '--limits', 'model', '--samples', '2', '--out', 'run', '--quiet']
  expect((await runFusesearch(rolled, { cwd: folder })).code).toBe(0)
  const made = await runFusesearch(['data', 'sft', 'run', '--out', 'sft.jsonl', '--manifest', 'sft.json'], {
    cwd: folder,
  })
  expect(made.stdout).toMatch(
    /^sft\.jsonl: \d conversations of \d instances and \d repositories\nruns: 4, scored 4; F1 passes \d/,
  )
  const manifest = JSON.parse(readFileSync(join(folder, 'sft.json'), 'utf8')) as { statistics: { written: number } }
  const lines = readFileSync(join(folder, 'sft.jsonl'), 'utf8').split('\n').slice(0, -1)
  expect(lines).toHaveLength(manifest.statistics.written)
  const samples = join(folder, 'run/samples.jsonl')
  writeFiles(folder, { 'run/samples.jsonl': readFileSync(samples, 'utf8').replaceAll('tiny/part1', 'psf/requests') })
  const refused = await runFusesearch(['data', 'sft', 'run', '--out', 'other.jsonl'], { cwd: folder })
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('psf/requests (2)') })
  const none = await runFusesearch(['data', 'sft', folder, '--out', 'other.jsonl'], { cwd: folder })
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('has no samples.jsonl') })
})
