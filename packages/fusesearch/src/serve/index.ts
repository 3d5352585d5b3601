/**
 * serve: servers for other programs. They check requests, call the other rooms and format responses; they decide
 * nothing. Each server is loaded when it starts, so that it doesn't load the other's libraries.
 */
import type { Reader } from '../policies/index.ts'
import type { HttpServer, HttpServerOptions } from './http/server.ts'
import type { McpOptions } from './mcp/serve.ts'
import type { ServeJobs } from './queue-jobs.ts'

export {
  type Address,
  createGuard,
  type DoorOptions,
  jsonBody,
  limitBody,
  openDoor,
  Problem,
  readBody,
  toProblem,
} from './door/index.ts'
export { DEFAULT_HTTP_LIMITS } from './http/limits.ts'
export type { HttpServer, HttpServerOptions } from './http/server.ts'
export type { McpOptions } from './mcp/serve.ts'
export type { ServeJobs } from './queue-jobs.ts'

/** Serves the requests of a `serve --queue` on a worker. A reader orders what is in doubt anew; the caller closes its encoder. */
export async function openServeJobs(roots: readonly string[], reader?: Reader): Promise<ServeJobs> {
  const jobs = await import('./queue-jobs.ts')
  return jobs.openServeJobs(roots, reader)
}

/** Serves searches over HTTP until it is closed; see {@link HttpServerOptions}. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { serveHttp } = await import('./http/server.ts')
  return serveHttp(options)
}

/** Serves the Model Context Protocol until its client is gone or the signal aborts; see {@link McpOptions}. */
export async function serveMcp(options: McpOptions): Promise<void> {
  const mcp = await import('./mcp/serve.ts')
  await mcp.serveMcp(options)
}
