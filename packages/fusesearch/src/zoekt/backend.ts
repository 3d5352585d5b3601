import { tmpdir } from 'node:os'
import { FuseSearchError } from '../core/index.ts'
import { type Backend, openTree, type RemotePlace, type RemoteSource, type Tree, workspaceOf } from '../search/index.ts'
import { zoektAddress } from './address.ts'
import { createClient, RefusedQuery, type ZoektClient } from './client.ts'
import { type ZoektFiles, zoektFiles } from './files.ts'
import { NOT_INDEXED, notIndexedLines } from './not-indexed.ts'
import { atom } from './query.ts'
import { type IndexedRepository, readList, readSearch } from './reply.ts'
import { notThere, placeOf, type Scope, scopeOf } from './scope.ts'

/** A running zoekt-webserver, started with `-rpc`. */
export interface ZoektOptions {
  /** For example `http://localhost:6070`; a user and a password in it are sent but never shown. */
  readonly address: string
  /** A regular expression that the repositories' names must match; default: all. */
  readonly repoFilter?: string | undefined
}

/**
 * Searches the index of a zoekt-webserver. Sends no request before the first tree is opened.
 * Throws `bad-argument` for an invalid address.
 */
export function zoektBackend({ address: given, repoFilter }: ZoektOptions): Backend {
  const address = zoektAddress(given)
  const client = createClient(address)
  const name = `zoekt at ${address.shown}`
  return {
    name,
    close: () => client.close(),
    async open(place) {
      const signal = place.opening ?? place.signal ?? new AbortController().signal
      const indexed = await listRepositories(client, { repoFilter, name, signal })
      const scope = scopeOf(indexed, { path: place.path, revision: place.revision, repoFilter })
      const closing = new AbortController()
      const files = zoektFiles({ client, scope, shownAddress: address.shown }, closing.signal)
      const [local, leftOut] = await Promise.all([
        // The folder in which ripgrep starts; nothing in it is searched.
        openTree({ root: tmpdir(), ignoreRules: 'none' }),
        leftOutOf(client, scope, signal),
        place.path === undefined ? undefined : refuseEmpty(files, scope, signal),
      ])
      const tree = remoteTree(local, files, [...sourceNotices(scope, name), ...leftOutNotices(leftOut)])
      return { workspace: workspaceOf(tree, openedWith(place, closing)), sources: sourcesOf(scope) }
    },
  }
}

function openedWith({ signal }: RemotePlace, closing: AbortController): Parameters<typeof workspaceOf>[1] {
  return { signal, history: undefined, onClose: () => closing.abort() }
}

function remoteTree(local: Tree, files: ZoektFiles, notices: readonly string[]): Tree {
  const listFiles: Tree['listFiles'] = (signal = new AbortController().signal) => files.paths([], false, signal)
  return {
    ...local,
    remote: files,
    listFiles,
    chooseFiles: async (choose, signal) => choose(await listFiles(signal)),
    // zoekt leaves such files out of the index; the notices say so.
    listFilesAbove: () => Promise.resolve([]),
    hasMoreThan: () => false,
    notices: () => [...notices, ...movedNotices(files.moved)],
  }
}

interface Listing {
  readonly repoFilter: string | undefined
  readonly name: string
  readonly signal: AbortSignal
}

async function listRepositories(
  client: ZoektClient,
  { repoFilter, name, signal }: Listing,
): Promise<readonly IndexedRepository[]> {
  try {
    const listed = await readList(await client.ask('list', { Q: atom('repo', repoFilter ?? '') }, signal))
    if (listed !== undefined) return listed
    const message = `${name} returned a list in an unknown format. Check the address and its version.`
    throw new FuseSearchError(message, { code: 'backend-failed' })
  } catch (error) {
    if (!(error instanceof RefusedQuery) || repoFilter === undefined) throw error
    const message = `zoekt refuses the filter ${repoFilter}: ${error.reason}. Give a regular expression in Go syntax.`
    throw new FuseSearchError(message, { code: 'bad-argument', cause: error })
  }
}

async function refuseEmpty(files: ZoektFiles, scope: Scope, signal: AbortSignal): Promise<void> {
  if (scope.path !== '' && (await files.paths([], false, signal)).length === 0) throw notThere(scope.path)
}

interface LeftOut {
  readonly path: string
  readonly reason: string
}

/** Text files that aren't in the index. Binary files aren't searched anyway. */
async function leftOutOf(client: ZoektClient, scope: Scope, signal: AbortSignal): Promise<readonly LeftOut[]> {
  const reasons = ['exceeds', 'contains too', 'object missing'].map((word) => atom('content', NOT_INDEXED + word))
  const Q = [...scope.words, `( case:yes ${reasons.join(' or ')} )`].join(' ')
  const reply = readSearch(await client.ask('search', { Q }, signal))
  return (reply?.files ?? []).flatMap((file) => {
    const found = notIndexedLines(file.LineMatches ?? [])
    const place = placeOf(scope, file)
    return found === undefined || place === undefined ? [] : [{ path: place.path, reason: found.reason }]
  })
}

/** Maximum number of paths and repositories in a notice. */
const MAX_NAMED = 3
const HASH_CHARACTERS = 12

function leftOutNotices(leftOut: readonly LeftOut[]): string[] {
  if (leftOut.length === 0) return []
  const sorted = leftOut.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const named = sorted.slice(0, MAX_NAMED).map(({ path, reason }) => `${path} (${reason})`)
  const rest = leftOut.length > MAX_NAMED ? ` and ${leftOut.length - MAX_NAMED} more` : ''
  return [`Not searched, because zoekt's index lacks their text: ${named.join(', ')}${rest}.`]
}

function sourceNotices(scope: Scope, name: string): string[] {
  const all = sourcesOf(scope)
  const named = all.slice(0, MAX_NAMED).map(({ repository, commit, branch }) => {
    const at = commit === null ? 'at an unknown commit' : `at ${commit.slice(0, HASH_CHARACTERS)}`
    return `${repository} ${at}${branch === null ? '' : ` (${branch})`}`
  })
  const rest = all.length > MAX_NAMED ? ` and ${all.length - MAX_NAMED} more` : ''
  const paths = all.length > 1 ? ' Paths begin with the name of their repository.' : ''
  return [`Searched with ${name}, in its index of ${named.join(', ')}${rest}.${paths}`]
}

function sourcesOf({ repositories }: Scope): readonly RemoteSource[] {
  return [...repositories.values()].map(({ repository, commit, branch, prefix }) => ({
    repository,
    commit,
    branch,
    prefix,
  }))
}

function movedNotices(moved: ReadonlySet<string>): string[] {
  if (moved.size === 0) return []
  const named = [...moved].slice(0, MAX_NAMED).join(', ')
  return [`During the search zoekt indexed another commit of ${named}, so results may come from both. Search again.`]
}
