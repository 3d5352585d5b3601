import { createHash, timingSafeEqual } from 'node:crypto'
import { Problem } from './problem.ts'

/** Who may ask. */
export interface GuardOptions {
  /** Names that the Host header may have, without port; null when any may, because a token is asked for. */
  readonly hosts: readonly string[] | null
  readonly token: string | undefined
}

/** The headers that a request is judged by. */
export interface GuardedRequest {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
}

export const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/**
 * Host and Origin: a page of another site whose name was made to lead here (DNS rebinding) must not get in.
 * Throws a problem with 403.
 */
export function checkHost({ host, origin }: GuardedRequest, { hosts }: GuardOptions): void {
  if (hosts === null) return
  if (!hosts.includes(nameOf(`http://${host ?? ''}`) ?? '')) {
    throw new Problem(403, {
      code: 'forbidden-host',
      message: 'The Host header names another server. Use the address that it printed.',
    })
  }
  if (origin !== undefined && !hosts.includes(nameOf(origin) ?? '')) {
    throw new Problem(403, { code: 'forbidden-origin', message: 'Requests from pages of other sites are not served.' })
  }
}

/** The bearer token, where one is set. Throws a problem with 401. */
export function checkToken({ authorization }: GuardedRequest, { token }: GuardOptions): void {
  if (token === undefined) return
  const given = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? ''
  // Digests have one length, so that the time of the comparison tells nothing.
  if (timingSafeEqual(digest(given), digest(token))) return
  throw new Problem(401, {
    code: 'unauthorized',
    message: 'Send the token of this server as Authorization: Bearer TOKEN.',
  })
}

function nameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
