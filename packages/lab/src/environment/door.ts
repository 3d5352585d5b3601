import type { Server } from 'node:http'
import { type AddressInfo, isIPv6 } from 'node:net'
import { FuseSearchError } from 'fusesearch/core'
import { isLoopback, LOOPBACK_HOSTS } from 'fusesearch/serve'

const MIN_TOKEN_LENGTH = 16

/** Throws `bad-argument` for an address that others reach without a token, and for a token that is too short. */
export function refuseOpenDoor(host: string, token: string | undefined): void {
  if (token !== undefined && token.length < MIN_TOKEN_LENGTH) {
    throw badArgument(`The token is shorter than ${MIN_TOKEN_LENGTH} characters. Take a longer one.`)
  }
  if (token !== undefined || isLoopback(host)) return
  throw badArgument(`Others can reach ${host}. Set FUSESEARCH_TOKEN to the token that they must send, or leave it out.`)
}

/** Null lets any name through: an address that others reach asks for a token. */
export function allowedHosts(host: string, more: readonly string[] = []): readonly string[] | null {
  if (!isLoopback(host) && more.length === 0) return null
  return [...LOOPBACK_HOSTS, isIPv6(host) ? `[${host}]` : host, ...more]
}

/** Throws `bad-argument` for an address that can't be listened on. */
export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(badArgument(`Can't listen on port ${port} of ${host}: ${cause.message}. Take another with --port.`))
    })
    server.listen(port, host, resolve)
  })
}

/** The address that it listens on. */
export function urlOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
