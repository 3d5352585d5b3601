import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'

/** A zoekt that ends with the test. */
export interface TestZoekt {
  readonly url: string
  close(): Promise<void>
}

/** Indexes a repository and starts zoekt-webserver on a free port; `programs`: the folder of zoekt's programs. */
export async function startZoekt(
  programs: string,
  { repository, index }: { readonly repository: string; readonly index: string },
): Promise<TestZoekt> {
  const limits = ['-file_limit', '10000000', '-max_trigram_count', '1000000']
  const how = ['-disable_ctags', ...limits, '-index', index, repository]
  execFileSync(join(programs, 'zoekt-git-index'), how, { stdio: 'pipe' })
  const port = await freePort()
  const web = spawn(join(programs, 'zoekt-webserver'), ['-rpc', '-index', index, '-listen', `127.0.0.1:${port}`], {
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => web.once('close', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  for (let tries = 0; tries < 100 && !(await answers(url)); tries += 1) await wait(100)
  return {
    url,
    async close() {
      web.kill()
      await ended
    },
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const reply = await fetch(`${url}/api/list`, { method: 'POST', body: '{"Q":"repo:\\"\\""}' })
    return (await reply.text()).includes('"Name"')
  } catch {
    // Not listening yet.
    return false
  }
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Answers of a real zoekt by the hash of the query, and its version. */
interface Recording {
  readonly zoekt: string
  readonly answers: Record<string, { readonly status: number; readonly body: string }>
}

/** A proxy between a test and a real zoekt, which writes both sides to a file when it is closed. */
export async function startRecorder(url: string, { zoekt, file }: { zoekt: string; file: string }): Promise<TestZoekt> {
  const recording: Recording = { zoekt, answers: {} }
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    const reply = await fetch(url + request.url, { method: 'POST', body })
    const text = withoutTimes(await reply.text())
    recording.answers[keyOf(request, body)] = { status: reply.status, body: text }
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(text)
  })
  const listening = await listen(server)
  return {
    ...listening,
    async close() {
      await listening.close()
      const sorted = Object.entries(recording.answers).sort(([a], [b]) => (a < b ? -1 : 1))
      const text = JSON.stringify({ zoekt, answers: Object.fromEntries(sorted) })
      // The same lines come in many answers, far from each other.
      const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 11 }
      writeFileSync(file, brotliCompressSync(text, { params }))
    },
  }
}

/** Answers like the recorded zoekt; a query that wasn't recorded has status 500. */
export function startRecorded(file: string): Promise<TestZoekt> {
  const recording: Recording = existsSync(file)
    ? JSON.parse(brotliDecompressSync(readFileSync(file)).toString('utf8'))
    : { zoekt: '', answers: {} }
  return listen(
    createServer(async (request, response) => {
      const answer = recording.answers[keyOf(request, await bodyOf(request))]
      const { status, body } = answer ?? { status: 500, body: '{"Error":"not recorded"}' }
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }),
  )
}

/** Times and counts of work differ in each run and are not used. */
function withoutTimes(body: string): string {
  return body.replaceAll(
    /"(?:Duration|Wait|MatchTreeConstruction|MatchTreeSearch|IndexBytesLoaded|ContentBytesLoaded)":\d+,?/g,
    '',
  )
}

async function listen(server: Server): Promise<TestZoekt> {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function keyOf({ url }: IncomingMessage, body: string): string {
  return createHash('sha256').update(`${url}\n${body}`).digest('hex').slice(0, 24)
}
