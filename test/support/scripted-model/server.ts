import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { WireName } from '../../../packages/fusesearch/src/models/index.ts'
import {
  isObject,
  type JsonObject,
  listOf,
  objectOf,
  parseJson,
  textOf,
} from '../../../packages/fusesearch/src/models/shapes.ts'
import { createExchange } from './exchange.ts'
import { PLAYS } from './plays/index.ts'
import { type Script, type ScriptedRequest, type ScriptedTool, stepOf } from './script.ts'

/** Options of {@link startScriptedServer}. */
export interface ScriptedServerOptions {
  readonly script: Script
  /** Names that `GET /v1/models` lists; any name is answered all the same. */
  readonly models?: readonly string[]
  /** Closes each connection after its answer, so that every open one is a leak. */
  readonly closesConnections?: boolean
}

/** A running server. */
export interface ScriptedServer {
  /** `http://127.0.0.1:PORT`: a base URL for either wire form. */
  readonly url: string
  /** Chats so far, in the order in which they came in. */
  readonly requests: readonly ScriptedRequest[]
  /** Connections that are open now. */
  openSockets(): number
  /** What went wrong in the server itself; none of it is meant. */
  readonly errors: readonly unknown[]
  /** Ends every connection. */
  close(): Promise<void>
}

/** Starts a scripted model on a free port of this machine: real HTTP, both wire forms, streamed or not as asked. */
export async function startScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = []
  const errors: unknown[] = []
  const counts = new Map<string, number>()
  const sockets = new Set<Socket>()
  const server = createServer((incoming, response) => {
    if (options.closesConnections) response.setHeader('connection', 'close')
    // A client that goes away is no error of the server.
    response.on('error', () => undefined)
    answer({ options, requests, counts }, incoming, response).catch((error: unknown) => {
      errors.push(error)
      response.destroy()
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    errors,
    openSockets: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

interface Running {
  readonly options: ScriptedServerOptions
  readonly requests: ScriptedRequest[]
  readonly counts: Map<string, number>
}

async function answer(running: Running, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path = ''] = (incoming.url ?? '').split('?', 1)
  if (path.endsWith('/models')) return listModels(running.options.models ?? ['scripted'], response)
  const wire = wireOf(path)
  const body = parseJson(await readAll(incoming))
  if (wire === undefined || !isObject(body)) {
    response.writeHead(wire === undefined ? 404 : 400).end('{"error":{"message":"no chat"}}')
    return
  }
  const request = readRequest(wire, body, incoming)
  running.requests.push(request)
  const step = stepOf(running.options.script, request)
  if (!('misbehaviour' in step)) {
    createExchange({ request, response, reply: step, count: 1 }).send(step)
    return
  }
  const { misbehaviour, reply } = step
  const count = (running.counts.get(misbehaviour) ?? 0) + 1
  running.counts.set(misbehaviour, count)
  await PLAYS[misbehaviour](createExchange({ request, response, reply, count }))
}

function listModels(models: readonly string[], response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ object: 'list', data: models.map((id) => ({ id, object: 'model' })) }))
}

function wireOf(path: string): WireName | undefined {
  if (path.endsWith('/chat/completions')) return 'openai'
  return path.endsWith('/messages') ? 'anthropic' : undefined
}

async function readAll(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function readRequest(wire: WireName, body: JsonObject, { headers }: IncomingMessage): ScriptedRequest {
  return {
    wire,
    body,
    headers,
    turn: listOf(body.messages).filter((message) => objectOf(message).role === 'assistant').length,
    model: textOf(body.model),
    isStreamed: body.stream === true,
    tools: listOf(body.tools).map((tool) => readTool(objectOf(tool))),
  }
}

function readTool(tool: JsonObject): ScriptedTool {
  const { input_schema, name, parameters } = isObject(tool.function) ? tool.function : tool
  return { name: textOf(name), parameters: objectOf(parameters ?? input_schema) }
}
