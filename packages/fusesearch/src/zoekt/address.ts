import { FuseSearchError } from '../core/index.ts'

/** Where a zoekt-webserver listens. */
export interface ZoektAddress {
  readonly url: URL
  /** For the header `authorization`; undefined for an address without a user. */
  readonly authorization: string | undefined
  /** The address for display: without user, password, query and fragment. */
  readonly shown: string
}

/**
 * Reads an address such as `http://host:6070` or `https://user:password@host/zoekt`. Throws `bad-argument`, without
 * repeating possible secrets.
 */
export function zoektAddress(given: string): ZoektAddress {
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new FuseSearchError("The address of zoekt isn't a URL. Give for example zoekt=http://localhost:6070.", {
      code: 'bad-argument',
    })
  }
  const { username, password } = url
  const user = username === '' && password === '' ? undefined : `${decoded(username)}:${decoded(password)}`
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  url.pathname = url.pathname.replace(/\/*$/, '/')
  return {
    url,
    authorization: user === undefined ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
    shown: url.href.replace(/\/$/, ''),
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A single percent sign is literal.
    return part
  }
}
