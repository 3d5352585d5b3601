import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { getEncoder } from './get.ts'
import { encoderFiles, type KnownEncoder, type KnownFile } from './known.ts'

const contents = new Map<string, Buffer>([
  ['tiny.onnx', randomBytes(300_000)],
  ['tiny-tokenizer.json', Buffer.from('{"model":{}}')],
])

function fileOf(name: string): KnownFile {
  const bytes = contents.get(name) ?? Buffer.alloc(0)
  return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

const known: KnownEncoder = {
  name: 'tiny',
  title: 'tiny',
  licence: 'MIT',
  pooling: 'mean',
  maxTokens: 8,
  model: fileOf('tiny.onnx'),
  tokenizer: fileOf('tiny-tokenizer.json'),
}

/** How the server treats the model's file. */
interface Manners {
  cutAfter?: number
  answers?: Buffer
  knowsRanges: boolean
}

let [cacheDir, base] = ['', '']
let server: Server
let manners: Manners
let asked: string[]

beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), 'encoder-get-'))
  manners = { knowsRanges: true }
  asked = []
  server = createServer((request, response) => {
    const name = (request.url ?? '').replace('/weights/', '')
    const whole = (name.endsWith('.onnx') ? manners.answers : undefined) ?? contents.get(name)
    asked.push(`${name} ${request.headers.range ?? 'whole'}`)
    if (whole === undefined) return void response.writeHead(404).end()
    const from = manners.knowsRanges ? Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0) : 0
    const rest = whole.subarray(from)
    const head = { 'content-length': rest.length, 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` }
    response.writeHead(from > 0 ? 206 : 200, head)
    if (manners.cutAfter === undefined || !name.endsWith('.onnx')) return void response.end(rest)
    response.write(rest.subarray(0, manners.cutAfter), () => setTimeout(() => response.destroy(), 50))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/weights`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(cacheDir, { recursive: true, force: true })
})

const get = (url = base): ReturnType<typeof getEncoder> =>
  getEncoder({ known, source: { kind: 'address', url }, cacheDir, signal: new AbortController().signal })

const weights = (): string => join(cacheDir, 'encoder/weights')

test('both files are downloaded, checked and left alone afterwards', async () => {
  const { got } = await get()
  expect(got).toHaveLength(2)
  for (const [name, bytes] of contents) expect(readFileSync(join(weights(), name)).equals(bytes)).toBe(true)
  expect(await get()).toMatchObject({ got: [], kept: got })
  expect(asked).toEqual(['tiny.onnx whole', 'tiny-tokenizer.json whole'])
})

test('a download that was cut off goes on where it stopped', async () => {
  manners.cutAfter = 100_000
  await expect(get()).rejects.toMatchObject({ code: 'model-unreachable' })
  expect(existsSync(join(weights(), 'tiny.onnx'))).toBe(false)
  delete manners.cutAfter
  await get()
  const resumed = Number(/bytes=(\d+)-/.exec(asked[1] ?? '')?.[1])
  expect(resumed).toBeGreaterThan(0)
  expect(resumed).toBeLessThanOrEqual(100_000)
  expect(readFileSync(join(weights(), 'tiny.onnx')).equals(contents.get('tiny.onnx') ?? Buffer.alloc(0))).toBe(true)
})

test('a server that knows no ranges begins again', async () => {
  manners.cutAfter = 100_000
  await expect(get()).rejects.toMatchObject({ code: 'model-unreachable' })
  manners = { knowsRanges: false }
  await get()
  expect(readFileSync(join(weights(), 'tiny.onnx')).equals(contents.get('tiny.onnx') ?? Buffer.alloc(0))).toBe(true)
})

test('other bytes than the known ones are never taken, shorter, longer or as long', async () => {
  for (const length of [300_000, 300_001, 3_000_000]) {
    manners.answers = randomBytes(length)
    await expect(get()).rejects.toMatchObject({ code: 'model-refused' })
    expect(readdirSync(weights())).toEqual([])
  }
  manners.answers = randomBytes(1_000)
  await expect(get()).rejects.toThrow('1000 of 300000 bytes')
})

test('what is not there, and an address without TLS beyond this machine, are refused with the next step', async () => {
  await expect(get(`${base}/nowhere`)).rejects.toThrow('answers 404 for tiny.onnx')
  await expect(get('http://example.org/weights')).rejects.toThrow('Weights come over HTTPS')
  await expect(get('weights')).rejects.toThrow('no address')
})

test('an aborted download ends with the reason', async () => {
  const stop = new AbortController()
  stop.abort(new Error('enough'))
  const options = { known, source: { kind: 'address', url: base }, cacheDir, signal: stop.signal } as const
  await expect(getEncoder(options)).rejects.toThrow('enough')
})

test('a folder of this machine serves, whatever its files are called there', async () => {
  const other = mkdtempSync(join(tmpdir(), 'encoder-from-'))
  try {
    const from = (path: string): ReturnType<typeof getEncoder> =>
      getEncoder({ known, source: { kind: 'folder', path }, cacheDir, signal: new AbortController().signal })
    await expect(from(other)).rejects.toThrow('Name the folder that holds the weights')
    writeFileSync(join(other, 'model.onnx'), contents.get('tiny.onnx') ?? '')
    writeFileSync(join(other, 'tokenizer.json'), contents.get('tiny-tokenizer.json') ?? '')
    expect((await from(join(other, 'model.onnx'))).got).toHaveLength(2)
    expect(asked).toEqual([])
    // As an encoder of one's own, by its file.
    const files = encoderFiles('model.onnx', { cacheDir, cwd: other })
    expect(files).toMatchObject({ name: 'model', pooling: 'mean', tokenizer: join(other, 'tokenizer.json') })
    rmSync(join(other, 'tokenizer.json'))
    expect(() => encoderFiles('model.onnx', { cacheDir, cwd: other })).toThrow('has no tokenizer beside it')
    expect(() => encoderFiles('gone.onnx', { cacheDir, cwd: other })).toThrow('There is no encoder gone.onnx')
    expect(() => encoderFiles('minilm', { cacheDir, cwd: other })).toThrow('fusesearch encoder get minilm')
  } finally {
    rmSync(other, { recursive: true, force: true })
  }
})
