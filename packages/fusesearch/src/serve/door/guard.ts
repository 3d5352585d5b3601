import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { FuseSearchError } from '../../core/index.ts'
import { Problem } from './problem.ts'

/** Where a server listens, and who may use it. */
export interface Address {
  /** `127.0.0.1` when left out. */
  readonly host?: string | undefined
  /** 0 takes a free port. */
  readonly port: number
  /** Clients must send it as `Authorization: Bearer …`. Required for an address that other machines can reach. */
  readonly token?: string | undefined
  /** Host names, besides this machine's, that are accepted in Host and Origin. */
  readonly allowedHosts?: readonly string[] | undefined
}

/** Decides which requests are let through. */
export interface Guard {
  readonly host: string
  readonly port: number
  /**
   * Throws a problem: 400 for a target that is no path, 403 for a foreign Host or Origin, 401 without the token.
   * `isOpen` says which paths need no token. Afterwards `request.url` begins with a slash.
   */
  check(request: IncomingMessage, isOpen: (path: string) => boolean): void
}

const MIN_TOKEN_LENGTH = 16
const LOOPBACK_HOSTS: readonly string[] = ['localhost', '127.0.0.1', '[::1]']

/**
 * Makes the guard for an address. Throws `bad-argument` for an address that other machines can reach without a token,
 * a token that is too short or invalid in a header, and an allowed name that is no host name.
 */
export function createGuard({ host = '127.0.0.1', port, token, allowedHosts = [] }: Address): Guard {
  checkAddress(host, token)
  const names = namesOf(host, allowedHosts)
  const digest = token === undefined ? undefined : digestOf(token)
  return {
    host,
    port,
    check(request, isOpen) {
      const { authority, path } = targetOf(request.url ?? '')
      if (names !== null) checkNames(request, authority, names)
      if (digest !== undefined && !isOpen(path.split(/[?#]/, 1)[0] ?? '')) checkToken(request, digest)
      request.url = path
    },
  }
}

function checkAddress(host: string, token: string | undefined): void {
  if (token === undefined) {
    if (isLoopback(host)) return
    throw badArgument(
      `Others can reach ${host}. Set FUSESEARCH_TOKEN to the token that clients must send, or listen on 127.0.0.1.`,
    )
  }
  if (token.length < MIN_TOKEN_LENGTH) {
    throw badArgument(`The token is shorter than ${MIN_TOKEN_LENGTH} characters. Take a longer one.`)
  }
  if (!/^[\x21-\x7e][\x20-\x7e]*[\x21-\x7e]$/.test(token)) {
    throw badArgument(
      'The token begins or ends with a blank, or has a character beyond ASCII. No header carries it: take another.',
    )
  }
}

/** True for an address that only this machine can reach. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)
}

/**
 * The names that Host and Origin may have. Null allows any name: a server that other machines can reach doesn't know
 * all its names, and it requires a token, which a page of another site can't send.
 */
function namesOf(host: string, allowed: readonly string[]): ReadonlySet<string> | null {
  if (!isLoopback(host) && allowed.length === 0) return null
  const own = hostOf(inUrl(host))
  const more = allowed.map((name) => {
    const isAscii = /^[\x21-\x7e]*$/.test(name)
    const known = hostOf(inUrl(isAscii ? name : domainToASCII(name)))
    if (known !== undefined) return known
    throw badArgument(`"${name}" is no host name. Give one such as build.example.org, without a scheme.`)
  })
  return new Set([...LOOPBACK_HOSTS, ...(own === undefined ? [] : [own]), ...more])
}

function inUrl(host: string): string {
  return isIPv6(host) ? `[${host}]` : host
}

/** Refuses foreign names, so that a page of another site can't get in by DNS rebinding. */
function checkNames(
  { headers, rawHeaders }: IncomingMessage,
  authority: string | undefined,
  names: ReadonlySet<string>,
): void {
  // Node uses the first of several Host headers; a proxy in front may have checked another one.
  const hostCount = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  const isKnown = (text: string | undefined): boolean => names.has(hostOf(text ?? '') ?? '')
  if (hostCount !== 1 || !isKnown(headers.host) || (authority !== undefined && !isKnown(authority))) {
    throw new Problem(403, {
      code: 'forbidden-host',
      message: 'The Host header names another server. Use the address that it printed.',
    })
  }
  const { origin } = headers
  if (origin !== undefined && !isKnown(/^https?:\/\/(.*)$/is.exec(origin)?.[1])) {
    throw new Problem(403, { code: 'forbidden-origin', message: 'Requests from pages of other sites are not served.' })
  }
}

/** A name or address with a port. No user, path, final dot, or anything that another parser could read differently. */
const HOST = /^(\[[\da-f:]+\]|[a-z\d](?:[a-z\d._-]*[a-z\d])?)(?::(\d{1,5}))?$/i

/** The name in a Host header or in a URL's authority; undefined for anything else. */
function hostOf(text: string): string | undefined {
  const [, name = '', port = '0'] = HOST.exec(text) ?? []
  return name === '' || Number(port) > 65_535 ? undefined : name.toLowerCase()
}

/** The parts of a request's target. Usually it is only a path; the client of a proxy sends the whole URL. */
function targetOf(target: string): { readonly authority?: string; readonly path: string } {
  if (target.startsWith('/')) return { path: target }
  const whole = /^https?:\/\/([^/?#]*)(.*)$/is.exec(target)
  if (whole === null) {
    throw new Problem(400, { code: 'bad-target', message: 'The target of the request is no path. Ask for one.' })
  }
  const [, authority = '', rest = ''] = whole
  return { authority, path: rest.startsWith('/') ? rest : `/${rest}` }
}

function checkToken({ headers }: IncomingMessage, digest: Buffer): void {
  const given = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1] ?? ''
  // All digests have the same length, so the comparison takes constant time.
  if (timingSafeEqual(digestOf(given), digest)) return
  throw new Problem(401, {
    code: 'unauthorized',
    message: 'Send the token of this server as Authorization: Bearer TOKEN.',
  })
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
