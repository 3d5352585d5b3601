import { connect } from 'node:net'
import { onTestFinished } from 'vitest'
import { type McpOptions, serveMcp, startHttpServer } from '../../packages/fusesearch/src/serve/index.ts'
import { serveTiny, type TinyWorld, tinyWorld } from './environment.ts'
import { lastingFolder, sharedShop } from './folder.ts'

/** Every server's options for its address. */
export interface FaceOptions {
  readonly host?: string
  readonly token?: string
  readonly allowedHosts?: readonly string[]
  /** Ignored by the environment. */
  readonly roots?: readonly string[]
}

/** A server in the tests of its door. */
export interface Face {
  readonly name: string
  /** Starts it on a free port; it ends with the test at the latest. */
  start(options?: FaceOptions): Promise<RunningFace>
  /** A request that is answered with 200, or with 101 for a session. */
  readonly good: RawRequest
  readonly status: number
}

export interface RunningFace {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** A request without additions: exactly what is written is sent. */
export interface RawRequest {
  readonly method: string
  readonly target: string
  /** Name and value, in their order; one that begins with `Host` is needed. */
  readonly headers: readonly (readonly [string, string])[]
  /** Its length is announced. */
  readonly body: string
  /** Sent after that, beyond the announced length. */
  readonly tail?: string
}

const JSON_TYPE = ['Content-Type', 'application/json'] as const
const CALLS = { calls: [{ tool: 'glob', arguments: { patterns: ['README.md'] } }] }
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

/** The three servers, the environment both over HTTP and as sessions. */
export const FACES: readonly Face[] = [
  {
    name: 'HTTP',
    start: startHttp,
    good: { method: 'POST', target: '/v1/search', headers: [JSON_TYPE], body: JSON.stringify(CALLS) },
    status: 200,
  },
  {
    name: 'MCP',
    start: startMcp,
    good: {
      method: 'POST',
      target: '/mcp',
      headers: [JSON_TYPE, ['Accept', 'application/json, text/event-stream']],
      body: JSON.stringify(INITIALIZE),
    },
    status: 200,
  },
  {
    name: 'environment',
    start: startEnvironment,
    good: { method: 'POST', target: '/fusesearch/num_tasks', headers: [JSON_TYPE], body: '{}' },
    status: 200,
  },
  {
    name: 'environment, sessions',
    start: startEnvironment,
    good: {
      method: 'GET',
      target: '/ws',
      headers: [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', Buffer.alloc(16).toString('base64')],
      ],
      body: '',
    },
    status: 101,
  },
]

let world: Promise<TinyWorld> | undefined

async function startHttp({ roots = [sharedShop()], ...options }: FaceOptions = {}): Promise<RunningFace> {
  const server = await startHttpServer({ roots, port: 0, version: '0', ...options })
  return running(server.url, () => server.close(0))
}

async function startEnvironment({ roots: _roots, ...options }: FaceOptions = {}): Promise<RunningFace> {
  world ??= tinyWorld(1, lastingFolder())
  const server = await serveTiny(await world, options)
  return running(server.url, () => server.close())
}

async function startMcp({ roots = [sharedShop()], ...options }: FaceOptions = {}): Promise<RunningFace> {
  const controller = new AbortController()
  let served: Promise<void> | undefined
  const url = await new Promise<string>((resolve, reject) => {
    const transport: McpOptions['transport'] = {
      kind: 'http',
      port: 0,
      signal: controller.signal,
      onListening: resolve,
      onError: () => undefined,
      ...options,
    }
    served = serveMcp({ roots, cwd: '/', version: '0', transport })
    served.catch(reject)
  })
  return running(url, async () => {
    controller.abort()
    await served
  })
}

function running(url: string, close: () => Promise<void>): RunningFace {
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => (stopped ??= close())
  onTestFinished(stop)
  return { port: Number(new URL(url).port), stop }
}

/** An answer's status and text; status 0 if the connection ended without one. */
export interface RawAnswer {
  readonly status: number
  readonly text: string
}

/** Sends a request over a bare connection and reads its whole answer. */
export function sendRaw(port: number, request: RawRequest, version = '1.1'): Promise<RawAnswer> {
  const { body, headers, method, tail = '', target } = request
  const length = body === '' ? [] : [['Content-Length', String(Buffer.byteLength(body))]]
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`)
  const bytes = `${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n${body}${tail}`
  return new Promise((resolve, reject) => {
    // Names may have bytes beyond ASCII, which are sent unchanged.
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')))
    let text = ''
    const finish = (): void => {
      socket.destroy()
      resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text })
    }
    socket.on('data', (data) => {
      text += data.toString('latin1')
      if (isWhole(text)) finish()
    })
    socket.on('end', finish)
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? finish() : reject(error)))
  })
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return false
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, end + 2))?.[1]
  if (length !== undefined) return text.length >= end + 4 + Number(length)
  return text.startsWith('HTTP/1.1 101') || text.endsWith('\r\n0\r\n\r\n')
}
