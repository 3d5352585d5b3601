import { FuseSearchError } from '../core/index.ts'

/** Where the queue's Redis is. The password is in `secrets` and must not be printed. */
export interface QueueAddress {
  /** For display: without user and password. */
  readonly shown: string
  readonly host: string
  readonly port: number
  readonly database: number
  readonly isEncrypted: boolean
  readonly user: string | undefined
  readonly password: string | undefined
  /** Texts that an error of the connection must not repeat. */
  readonly secrets: readonly string[]
}

/** The password of an address that has none, so that it needn't be on a command line. */
const PASSWORD = 'FUSESEARCH_QUEUE_PASSWORD'
const DEFAULT_PORT = 6379
const WANTED = 'Give redis://HOST:PORT or redis://HOST:PORT/DATABASE; rediss:// for TLS'

/**
 * Reads `--queue`. The password is in the address or in FUSESEARCH_QUEUE_PASSWORD.
 * Throws FuseSearchError `bad-argument`, whose message doesn't repeat the text, because it may contain a password.
 */
export function parseQueueAddress(text: string, env: Readonly<Record<string, string | undefined>>): QueueAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const path = url?.pathname.replace(/^\//, '') ?? ''
  const isRedis = url?.protocol === 'redis:' || url?.protocol === 'rediss:'
  // An unescaped slash in a password would end the host early and show the rest as a path.
  if (url === undefined || !isRedis || url.hostname === '' || !/^\d{0,5}$/.test(path) || url.search + url.hash !== '') {
    throw new FuseSearchError(
      `--queue isn't the address of a Redis. ${WANTED}; write special characters of a password as %XX.`,
      {
        code: 'bad-argument',
      },
    )
  }
  const user = url.username === '' ? undefined : decoded(url.username)
  const password = url.password === '' ? env[PASSWORD] || undefined : decoded(url.password)
  return {
    shown: `${url.protocol}//${url.host}${path === '' ? '' : `/${path}`}`,
    // Only in an address does an IPv6 address have brackets.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    database: Number(path),
    isEncrypted: url.protocol === 'rediss:',
    user,
    password,
    secrets: [user, password, url.password].filter((one): one is string => one !== undefined && one !== ''),
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A single percent sign is literal.
    return text
  }
}
