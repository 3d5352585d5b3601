import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, it, onTestFinished } from 'vitest'
import type { Terminal } from '../packages/fusesearch/src/cli/command.ts'
import { runChecks } from '../packages/fusesearch/src/cli/doctor/checks.ts'
import { runProgram } from '../packages/fusesearch/src/cli/program.ts'
import { ROOT } from './support/command.ts'
import { temporaryFolder } from './support/folder.ts'
import { PATIENCE_MS } from './support/patience.ts'
import { MISBEHAVIOURS, misbehaving, type Script, startScriptedServer } from './support/scripted-model/index.ts'

const KEY = 'sk-secret-key-0123456789'
const READS: Script = ({ tools }) => (tools.length > 0 ? { calls: ['a.py', 'b.py'].map(read) } : { text: 'ready' })

function read(path: string) {
  return { name: 'read_file', arguments: { path } }
}

async function serve(script: Script): Promise<string> {
  const server = await startScriptedServer({ script })
  onTestFinished(() => server.close())
  return server.url
}

function terminalOf(env: Readonly<Record<string, string>> = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const terminal = { stdin: new PassThrough(), stdout, stderr, cwd: ROOT, signal: AbortSignal.timeout(PATIENCE_MS) }
  // Memory streams have everything that commands use of a terminal's streams.
  return { terminal: { ...terminal, env: { ...process.env, ...env } } as unknown as Terminal, stdout, stderr }
}

async function runModels(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { stderr, stdout, terminal } = terminalOf({ FUSESEARCH_API_KEY: KEY, ...env })
  const code = await runProgram(['models', ...args], terminal, '0.0.0').catch((error: unknown) => String(error))
  const [out = '', err = ''] = [stdout, stderr].map((stream) => String(stream.read() ?? ''))
  expect(`${out}${err}${code}`).not.toContain(KEY)
  return { code, out, err }
}

it.each(['openai', 'anthropic'])('says what an endpoint can do: %s', async (wire) => {
  const args = ['check', '--model', 'm', '--base-url', await serve(READS), '--wire', wire]
  const { code, out } = await runModels(args)
  expect(code).toBe(0)
  const lines = out.trim().split('\n')
  expect(lines[0]).toMatch(/^✓ reachable +answered in \d/)
  expect(lines.slice(1)).toEqual([
    '✓ model          m is known',
    '✓ usage          100 in, 20 out'.replace('100', wire === 'openai' ? '100' : '36'),
    `✓ sampling       ${wire === 'openai' ? 'seed and temperature are taken' : 'temperature is taken; this form has no seed'}`,
    '✓ streaming      the reply came as events',
    '✓ tool calls     read_file was called',
    '✓ parallel calls 2 of 2 calls in one turn',
    expect.stringMatching(/^✗ cached tokens {2}0 of /),
    '',
    'm can drive a search.',
  ])
})

it('finds the text form if tools are refused, and prints it as JSON', async () => {
  const written = '<tool_call>{"name": "read_file", "arguments": {"path": "a.py"}}</tool_call>'
  const url = await serve((request) =>
    request.tools.length > 0 ? { misbehaviour: 'tools-refused', reply: {} } : { text: written },
  )
  const { code, out } = await runModels(['check', '--json'], { FUSESEARCH_MODEL: 'm', FUSESEARCH_BASE_URL: url })
  const report: unknown = JSON.parse(out)
  expect(code).toBe(0)
  expect(report).toMatchObject({ version: 1, model: 'm', wire: 'openai', keyFrom: 'FUSESEARCH_API_KEY', usable: true })
  const states = (report as { findings: { name: string; state: string }[] }).findings.map(({ name, state }) => [
    name,
    state,
  ])
  expect(Object.fromEntries(states)).toMatchObject({
    model: 'yes',
    streaming: 'unknown',
    'tool calls': 'no',
    'text calls': 'yes',
  })
})

it('reports refusals: parameters, a model that makes no calls, a key, a host, no name at all', async () => {
  const picky = await serve(misbehaving('every-parameter-refused', READS))
  const { out } = await runModels(['check', '--model', 'm', '--base-url', picky])
  expect(out).toContain('✗ sampling       takes no seed, no temperature')
  expect(out).toContain('2 of 2 calls in one turn; parallel_tool_calls is not taken')
  const mute = await runModels(['check', '--model', 'm', '--base-url', await serve([{ text: 'no' }])])
  expect(mute.code).toBe(2)
  expect(mute.out).toContain('✗ text calls     no <tool_call>')
  expect(mute.out).toContain("m can't drive a search.")
  const keyless = await runModels([
    'check',
    '--model',
    'm',
    '--base-url',
    await serve(misbehaving('key-refused-and-echoed', READS)),
  ])
  expect(keyless).toMatchObject({ code: 2, out: expect.stringContaining('✗ model          The model m at 127') })
  const gone = await runModels(['check', '--model', 'm', '--base-url', 'http://127.0.0.1:9'])
  expect(gone).toMatchObject({
    code: 2,
    out: expect.stringContaining('✗ reachable      The model m at 127.0.0.1:9 could not'),
  })
  const whole = await runModels(['check', '--model', 'm', '--base-url', await serve(misbehaving('other-form', READS))])
  expect(whole).toMatchObject({ code: 0, out: expect.stringContaining('✗ streaming      the reply came in one piece') })
  expect((await runModels(['check'], { FUSESEARCH_MODEL: '' })).code).toContain('No model is named')
})

it('is called by doctor if the environment names it', async () => {
  const env = { FUSESEARCH_CACHE: join(temporaryFolder(), 'cache'), FUSESEARCH_MODEL: 'm', FUSESEARCH_API_KEY: KEY }
  const checkOf = async (url: string) => {
    const checks = await runChecks(terminalOf({ ...env, FUSESEARCH_BASE_URL: url }).terminal)
    expect(JSON.stringify(checks)).not.toContain(KEY)
    return checks.at(-1)
  }
  expect(await checkOf(await serve(READS))).toMatchObject({
    name: 'model',
    state: 'ok',
    fact: expect.stringMatching(/^m \(openai at 127/),
  })
  expect(await checkOf(await serve(misbehaving('key-refused-and-echoed', READS)))).toMatchObject({
    state: 'warning',
    fact: expect.stringContaining('answered 401: Wrong key: [key]'),
    mend: expect.stringContaining('models check'),
  })
})

it('lists the same misbehaviours in its table as exist', () => {
  const page = readFileSync(join(ROOT, 'docs/models.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z0-9-]+)` \| (.+) \| (both|openai|anthropic) \|$/gm)].map(
    ([, ...cells]) => cells,
  )
  const known = MISBEHAVIOURS.map(({ description, name, wires }) => [
    name,
    description,
    wires.length === 2 ? 'both' : wires[0],
  ])
  expect(rows).toEqual(known)
  expect(page).toContain(`which of ${MISBEHAVIOURS.length} misbehaviours`)
  expect(new Set(MISBEHAVIOURS.map(({ name }) => name)).size).toBe(MISBEHAVIOURS.length)
})
