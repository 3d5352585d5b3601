import { FuseSearchError } from '../core/index.ts'
import type { Wire } from './wires/wire.ts'

/** Fewest characters of a key. */
const MIN_SECRET = 8

/** Where requests go. */
export interface Site {
  readonly url: URL
  /** Kind and host, as a trajectory shows them. */
  readonly endpoint: string
  /** Values of the query, in which some proxies expect their key. They are sent but never shown. */
  readonly secrets: readonly string[]
  /** Those of them whose name suggests a key. */
  readonly keys: readonly string[]
}

/** Names of parameters and headers that hold keys. */
const KEY_NAME = /key|token|secret|auth|sig|pass|cred|cookie|code/i

/**
 * The site of a base URL. Throws `bad-argument` for an invalid URL, and for one with a user name or password, without
 * repeating it.
 */
export function siteOf(wire: Wire, baseUrl: string | undefined): Site {
  const given = baseUrl ?? wire.defaultBaseUrl
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const fact = url === undefined ? 'is no URL' : `begins with ${url.protocol}`
    throw badArgument(`The base URL ${withoutSecrets(given)} ${fact}. Give one such as http://localhost:8000/v1.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw badArgument(
      `The base URL of ${url.host} holds a user or password. Take it out; the key has its own variable.`,
    )
  }
  url.pathname = wire.path(url.pathname)
  url.hash = ''
  // Shorter values, such as a version, occur in every text.
  const parameters = [...url.searchParams].filter(([, value]) => value.length >= MIN_SECRET)
  const secrets = parameters.map(([, value]) => value)
  const keys = parameters.filter(([name]) => KEY_NAME.test(name)).map(([, value]) => value)
  return { url, endpoint: `${wire.name} at ${url.host}`, secrets, keys }
}

/** The keys in headers: the values without a scheme such as `Bearer`. */
export function keysOfHeaders(headers: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => KEY_NAME.test(name))
    .map(([, value]) => value.trim().replace(/^\S+\s+(?=\S+$)/, ''))
    .filter((value) => value.length >= MIN_SECRET)
}

/** Checks that a header can carry the key. Throws `bad-argument` without showing it. */
export function checkedKey(key: string | undefined): string | undefined {
  const trimmed = key?.trim()
  if (trimmed === undefined || trimmed === '') return undefined
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed
  throw badArgument('The key of the model holds a blank or a character beyond ASCII. Set it again, on one line.')
}

/** For a text that may be a malformed URL, in which everything before an @ or after a ? may be secret. */
function withoutSecrets(text: string): string {
  return `"${text
    .replace(/\/\/[^/]*@/, '//')
    .replace(/[?#].*$/s, '')
    .slice(0, 100)}"`
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
