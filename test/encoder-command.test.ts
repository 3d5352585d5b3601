import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, runFusesearch } from './support/command.ts'
import { SHOP, temporaryFolder, writeFiles } from './support/folder.ts'

beforeAll(ensureBuilt)

/** The command with a cache folder of its own, and without what the caller's environment says of encoders. */
function run(cache: string, ...args: readonly string[]): ReturnType<typeof runFusesearch> {
  return runFusesearch(args, { env: { FUSESEARCH_CACHE: cache, FUSESEARCH_ENCODER_URL: '' } })
}

async function refusal(cache: string, ...args: readonly string[]): Promise<string> {
  const { code, stderr } = await run(cache, ...args)
  expect(code).toBe(2)
  expect(stderr).not.toContain('this is a bug')
  return stderr
}

describe('encoder', () => {
  it('lists what is known, with the licences and with what proves a file', async () => {
    const { code, stdout } = await run(temporaryFolder(), 'encoder', 'list', '--json')
    expect(code).toBe(0)
    const { encoders } = JSON.parse(stdout) as { encoders: { name: string; licence: string; isHere: boolean }[] }
    expect(encoders.map(({ name, licence, isHere }) => [name, licence, isHere])).toEqual([
      ['minilm', 'Apache-2.0', false],
      ['bge-small', 'MIT', false],
    ])
    expect((await run(temporaryFolder(), 'encoder', 'list')).stdout).toMatch(
      /minilm\.onnx {2}22972370 bytes {2}sha256 \w{64}/,
    )
  })

  it('knows no place by itself: one must be named, and only one', async () => {
    const cache = temporaryFolder()
    expect(await refusal(cache, 'encoder', 'get', 'minilm')).toContain('--from FOLDER, --base-url ADDRESS')
    const both = ['--from', '.', '--base-url', 'https://example.org']
    expect(await refusal(cache, 'encoder', 'get', 'minilm', ...both)).toContain('Give one of them')
    expect(await refusal(cache, 'encoder', 'get', 'minilm', '--from', cache)).toContain('22972370 bytes')
    expect(await refusal(cache, 'encoder', 'get', 'another')).toContain('minilm')
  })

  it('takes no other file than the known one from a server, and keeps nothing of it', async () => {
    const server = createServer((_, response) => response.end(Buffer.alloc(22_972_370)))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const cache = temporaryFolder()
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/encoders`
      const said = await refusal(cache, 'encoder', 'get', 'minilm', '--base-url', url)
      expect(said).toContain('minilm.onnx: 100 % of 23.0 MB')
      expect(said).toContain("isn't the file that was measured")
      expect((await run(cache, 'doctor')).stdout).toContain('no known weights')
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
})

describe('--encoder', () => {
  it('says what is missing and how to get it, before anything is searched', async () => {
    const cache = temporaryFolder()
    const repository = writeFiles(temporaryFolder(), SHOP)
    const locate = ['locate', 'The discount is wrong', '--repo', repository, '--encoder']
    expect(await refusal(cache, ...locate, 'minilm')).toContain('fusesearch encoder get minilm')
    expect(await refusal(cache, ...locate, 'gone.onnx')).toContain('There is no encoder gone.onnx')
    writeFiles(cache, { 'own/model.onnx': '', 'own/tokenizer.json': '{}' })
    const said = await refusal(cache, ...locate, join(cache, 'own/model.onnx'))
    expect(said).toContain('needs the package onnxruntime-node')
    expect(said).toContain(`npm install --prefix "${join(cache, 'engine')}" --ignore-scripts onnxruntime-node@`)
  })

  it('is refused where workers search, which have their own', async () => {
    const serve = ['serve', '--queue', 'redis://127.0.0.1:1', '--encoder', 'minilm']
    expect(await refusal(temporaryFolder(), ...serve)).toContain('give --encoder to `fusesearch worker`')
  })

  it('doctor finds damaged weights', async () => {
    const cache = temporaryFolder()
    mkdirSync(join(cache, 'encoder/weights'), { recursive: true })
    writeFileSync(join(cache, 'encoder/weights/minilm.onnx'), 'cut off')
    const { stdout } = await run(cache, 'doctor')
    expect(stdout).toContain('the weights of minilm')
    expect(stdout).toContain('fusesearch encoder get minilm')
  })
})

describe('encoder train', () => {
  const flags = ['--validation', 'held-out.jsonl', '--out', 'tuned']

  it('refuses a base without a model, before anything is read', async () => {
    const cache = temporaryFolder()
    const said = await refusal(cache, 'encoder', 'train', 'samples.jsonl', ...flags, '--base', cache)
    expect(said).toContain('has no config.json, model.safetensors, tokenizer.json')
    writeFiles(cache, { 'base/config.json': '{}', 'base/tokenizer.json': '{}' })
    const part = await refusal(cache, 'encoder', 'train', 'samples.jsonl', ...flags, '--base', join(cache, 'base'))
    expect(part).toContain('has no model.safetensors.')
  })

  it('says which flag is wrong or missing', async () => {
    const cache = temporaryFolder()
    const train = ['encoder', 'train', 'samples.jsonl', '--base', 'base']
    expect(await refusal(cache, ...train)).toContain('--out')
    expect(await refusal(cache, ...train, '--out', 'tuned', '--loss', 'other')).toContain('contrastive, ranking')
    expect(await refusal(cache, ...train, '--out', 'tuned', '--epochs', '0')).toContain('--epochs')
    expect(await refusal(cache, ...train, '--out', 'tuned', '--learning-rate', '2')).toContain('below 1')
  })

  it('refuses samples of an evaluation set, and a Python without the packages', async () => {
    const cache = temporaryFolder()
    writeFiles(cache, {
      'base/config.json': '{}',
      'base/tokenizer.json': '{}',
      'base/model.safetensors': '',
      'known.jsonl': sampleOf('django/django', 'known'),
      'samples.jsonl': sampleOf('tiny/shop', 'one') + sampleOf('tiny/mail', 'two'),
    })
    const place = (name: string): string => join(cache, name)
    const train = ['--base', place('base'), '--out', place('tuned')]
    expect(await refusal(cache, 'encoder', 'train', place('known.jsonl'), ...train)).toContain('django/django')
    // Node is a program that imports nothing of Python.
    const node = ['encoder', 'train', place('samples.jsonl'), ...train, '--python', process.execPath]
    const said = await refusal(cache, ...node)
    expect(said).toContain("can't be used")
    expect(said).toContain('requirements-encoder.txt')
    const bare = ['encoder', 'train', place('samples.jsonl'), ...train]
    const env = { FUSESEARCH_CACHE: cache, PATH: cache }
    const none = await runFusesearch(bare, { env })
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('No Python 3.10 or newer')
  })
})

/** A sample that no repository is needed to refuse. */
function sampleOf(repo: string, id: string): string {
  const row = { instance_id: id, repo, base_commit: 'a'.repeat(40), problem_statement: 'It drifts.', files: ['a.py'] }
  return `${JSON.stringify(row)}\n`
}
