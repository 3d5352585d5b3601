/**
 * servers: doors for other programs. They check what comes in, call the rooms and shape what goes out; they decide nothing.
 * Each door is loaded when it is opened, so that one doesn't pay for the libraries of the other.
 */
import type { HttpServer, HttpServerOptions } from './http/server.ts'

export { DEFAULT_HTTP_LIMITS } from './http/limits.ts'
export type { HttpServer, HttpServerOptions } from './http/server.ts'

/** Serves searches over HTTP until it is closed; see {@link HttpServerOptions}. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { serveHttp } = await import('./http/server.ts')
  return serveHttp(options)
}
