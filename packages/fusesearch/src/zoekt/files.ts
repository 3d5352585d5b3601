import { FuseSearchError, hasGitComponent, Lru } from '../core/index.ts'
import {
  type CallFailure,
  createPathFilter,
  type RemoteFile,
  type RemoteFiles,
  type RemoteQuestion,
  type RemoteText,
  shownPath,
  toUtf8,
} from '../search/index.ts'
import { LongAnswer, RefusedQuery, type ZoektClient } from './client.ts'
import { fileQuery } from './globs.ts'
import { isInSentence, notIndexed, notIndexedLines } from './not-indexed.ts'
import { piecesOf } from './pieces.ts'
import { atom, contentQuery, quoteGo } from './query.ts'
import { type ReplyFile, readSearch, type SearchReply } from './reply.ts'
import { namesOf, placeOf, type Scope, type ScopedRepository } from './scope.ts'

/** Bytes of cached texts per workspace: the check of an answer reads again what the search read. */
const MAX_KEPT_BYTES = 32_000_000
/** Maximum number of files fetched for a pattern that zoekt can't search, and per request. */
const MAX_FETCHED = 2_000
const FETCHED_AT_ONCE = 100
/** zoekt's defaults would cut an answer silently. Names are few; an answer with more lines would exceed its limit of bytes. */
const MAX_NAMES = 1_000_000_000
const MAX_MATCHES = 1_000_000
const SERVER_MS = 60_000

/** The query and its scope. */
export interface ZoektPlace {
  readonly client: ZoektClient
  readonly scope: Scope
  readonly shownAddress: string
}

/** Files of zoekt's index. `moved` names the repositories that were re-indexed since the scope was chosen. */
export interface ZoektFiles extends RemoteFiles {
  readonly moved: ReadonlySet<string>
}

/** A file of an answer, with its path here. */
interface Placed {
  readonly key: string
  readonly path: string
  readonly file: ReplyFile
}

export function zoektFiles(place: ZoektPlace, closing: AbortSignal): ZoektFiles {
  const index = new Index(place)
  const kept = new Lru<string, RemoteFile>({ maxWeight: MAX_KEPT_BYTES, weigh: weightOf })
  const { scope } = place
  return {
    name: 'zoekt',
    moved: index.moved,
    count: () => [...scope.repositories.values()].reduce((sum, { files }) => sum + files, 0),
    lines: (question, take) =>
      asFailure(async () => {
        const words = [...fileQuery(question.globs, false, scope), contentQuery(question.search)]
        const found = (await index.search(words, {}, question.signal)).flatMap(({ key, file }) => {
          const lines = (file.LineMatches ?? []).filter(({ FileName }) => !FileName)
          return notIndexedLines(lines) === undefined ? [{ key, lines }] : []
        })
        for (const piece of piecesOf(found)) await take(piece)
        return undefined
      }),
    filesWith: (question) => asFailure(() => filesWith(index, question, scope)),
    texts: (globs, signal) => asFailure(() => textsOf(index, globs, signal)),
    paths: (patterns, ignoreCase, signal) => index.paths(fileQuery(patterns, ignoreCase, scope), signal),
    async read(path, maxBytes) {
      const read = kept.get(path) ?? (await index.read(path, closing))
      kept.set(path, read)
      return read.kind === 'text' && read.text.length > maxBytes ? { kind: 'too-large' } : read
    },
  }
}

function weightOf(read: RemoteFile): number {
  return 100 + (read.kind === 'text' ? read.text.length : 0)
}

/** A refused query or a too long answer is the failure of one call. */
async function asFailure<T>(work: () => Promise<T>): Promise<T | CallFailure> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RefusedQuery) {
      return {
        ok: false,
        code: 'bad-pattern',
        message: `zoekt refuses the pattern: ${error.reason}. Use a simpler one.`,
      }
    }
    if (error instanceof LongAnswer) {
      const message = `zoekt's answer has more than ${error.limit}. Narrow the call by globs or a rarer pattern.`
      return { ok: false, code: 'too-large', message }
    }
    throw error
  }
}

async function filesWith(index: Index, { search, globs, signal }: RemoteQuestion, scope: Scope): Promise<string[]> {
  const words = ['type:file', ...fileQuery(globs, false, scope), contentQuery(search)]
  const found = await index.search(words, {}, signal)
  if (!isInSentence(search.pattern)) return found.map(({ key }) => key)
  const held = new Set<string>()
  for (const { key, file } of await index.search(words.slice(1), {}, signal)) {
    if (notIndexedLines(file.LineMatches ?? []) === undefined) held.add(key)
  }
  return found.flatMap(({ key }) => (held.has(key) ? [key] : []))
}

async function textsOf(
  index: Index,
  globs: readonly string[],
  signal: AbortSignal,
): Promise<readonly RemoteText[] | CallFailure> {
  const accepts = createPathFilter(globs)
  const paths = (await index.paths(fileQuery(globs, false, index.scope), signal)).filter(accepts)
  if (paths.length > MAX_FETCHED) {
    const message = `zoekt can't look for this pattern, and ${paths.length} files would have to be fetched for it, more than ${MAX_FETCHED}. Narrow it by globs, or write it with a word of three letters and without flags.`
    return { ok: false, code: 'bad-pattern', message }
  }
  const texts: RemoteText[] = []
  for (let at = 0; at < paths.length; at += FETCHED_AT_ONCE) {
    texts.push(...(await index.readAll(paths.slice(at, at + FETCHED_AT_ONCE), signal)))
  }
  return texts.sort((a, b) => (a.key < b.key ? -1 : 1))
}

/** Queries zoekt within one scope, and returns its answers in terms of paths. */
class Index {
  readonly scope: Scope
  readonly moved = new Set<string>()
  readonly #place: ZoektPlace
  /** zoekt's names of files whose shown path differs from them. */
  readonly #unusual = new Map<string, string>()

  constructor(place: ZoektPlace) {
    this.#place = place
    this.scope = place.scope
  }

  /** The files that a query finds, by key. */
  async search(words: readonly string[], options: object, signal: AbortSignal): Promise<readonly Placed[]> {
    const reply = await this.#ask(words, options, signal)
    const found = reply.files.flatMap((file): Placed[] => {
      const place = placeOf(this.scope, file)
      if (place === undefined || hasGitComponent(place.path)) return []
      this.#noteCommit(place.source, file)
      const key = Buffer.from(place.path).toString('latin1')
      const path = shownPath(key)
      if (path !== place.path) this.#unusual.set(path, place.path)
      return [{ key, path, file }]
    })
    return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  }

  /** Paths of the files that a query finds, in the order of a listing. */
  async paths(words: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
    const all = words.length === 0 && this.scope.words.length === 0 ? [atom('repo', '')] : words
    return (await this.search(['type:file', ...all], {}, signal)).map(({ path }) => path)
  }

  async read(path: string, signal: AbortSignal): Promise<RemoteFile> {
    const [file] = await this.#whole([path], signal)
    if (file !== undefined) return fileOf(file)
    const below = namesOf(this.scope, `${this.#unusual.get(path) ?? path}/`)
    const folder = below.map((one) => inRepository(one.source, `\\A${quoteGo(one.name)}`)).join(' or ')
    const isFolder = folder !== '' && (await this.paths([`( ${folder} )`], signal)).length > 0
    return { kind: isFolder ? 'folder' : 'missing' }
  }

  /** The texts of files that are indexed. */
  async readAll(paths: readonly string[], signal: AbortSignal): Promise<readonly RemoteText[]> {
    return (await this.#whole(paths, signal)).flatMap((one) => {
      const read = fileOf(one)
      return read.kind === 'text' ? [{ key: one.key, text: read.text }] : []
    })
  }

  async #whole(paths: readonly string[], signal: AbortSignal): Promise<readonly Placed[]> {
    const wanted = new Set(paths)
    const names = new Map<ScopedRepository, string[]>()
    for (const path of paths) {
      for (const { source, name } of namesOf(this.scope, this.#unusual.get(path) ?? path)) {
        names.set(source, [...(names.get(source) ?? []), quoteGo(name)])
      }
    }
    if (names.size === 0) return []
    const any = [...names].map(([source, all]) => inRepository(source, `\\A(?:${all.join('|')})\\z`)).join(' or ')
    const found = await this.search([`( ${any} )`], { Whole: true }, signal)
    return found.filter(({ path }) => wanted.has(path))
  }

  async #ask(words: readonly string[], options: object, signal: AbortSignal): Promise<SearchReply> {
    const { client, shownAddress } = this.#place
    // Without a limit, zoekt would collect all lines with a common word in memory, twenty gigabytes of some indexes.
    const limit = words.includes('type:file') ? MAX_NAMES : MAX_MATCHES
    const body = {
      Q: [...this.scope.words, ...words].join(' '),
      Opts: {
        ShardMaxMatchCount: limit,
        TotalMaxMatchCount: limit,
        // In nanoseconds; the signal ends a request earlier.
        MaxWallTime: SERVER_MS * 1_000_000,
        ...options,
      },
    }
    const reply = readSearch(await client.ask('search', body, signal))
    const fail = (fact: string): FuseSearchError =>
      new FuseSearchError(`zoekt at ${shownAddress} ${fact}.`, { code: 'backend-failed' })
    if (reply === undefined) throw fail('answered in an unknown format. Check the address and its version')
    if (reply.matches >= limit) throw new LongAnswer(shownAddress, `${limit} matches`)
    if (reply.isPart) throw fail('searched only a part of its index. Search again, or look at its log')
    return reply
  }

  #noteCommit({ commit, hasOthers, repository }: ScopedRepository, { Version: version }: ReplyFile): void {
    // For a file in several branches, zoekt names the commit of one of them.
    if (hasOthers || commit === null || version === undefined || version === '') return
    if (version !== commit) this.moved.add(repository)
  }
}

function inRepository({ repository }: ScopedRepository, name: string): string {
  return `( case:yes ${atom('repo', `^${quoteGo(repository)}$`)} ${atom('file', name)} )`
}

function fileOf({ file }: Placed): RemoteFile {
  const text = Buffer.from(file.Content ?? '', 'base64')
  return notIndexed(text) ?? { kind: 'text', text: toUtf8(text) }
}
