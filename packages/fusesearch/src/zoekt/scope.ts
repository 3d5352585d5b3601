import { FuseSearchError } from '../core/index.ts'
import type { RemoteSource } from '../search/index.ts'
import type { NameScope } from './globs.ts'
import { atom, quoteGo } from './query.ts'
import type { IndexedRepository, ReplyFile } from './reply.ts'

/** A searched repository, at one of its indexed commits. */
export interface ScopedRepository extends RemoteSource {
  /** Files of all its branches. */
  readonly files: number
  /** True if several branches are indexed, so that files of others must be left out. */
  readonly hasOthers: boolean
}

/**
 * The scope of a search, and how its files are named. Paths are relative to `path`, names of files to their repository.
 */
export interface Scope extends NameScope {
  readonly repositories: ReadonlyMap<string, ScopedRepository>
  /** The searched folder, with a trailing `/`, or empty. */
  readonly path: string
  /** Words of every query. */
  readonly words: readonly string[]
}

/** What to search in the index. */
export interface ScopeOptions {
  readonly path: string | undefined
  readonly revision: string | undefined
  /** zoekt's own filter, if it selected the repositories. */
  readonly repoFilter: string | undefined
}

/**
 * Chooses repositories and their commits. With one repository, paths are those of its files; with several, they begin
 * with the repository's name. Throws `bad-argument` without a repository, `unknown-commit` for one that isn't indexed.
 */
export function scopeOf(indexed: readonly IndexedRepository[], options: ScopeOptions): Scope {
  const isOne = indexed.length === 1
  const found = indexed.flatMap((one) => sourceOf(one, options.revision, isOne) ?? [])
  if (found.length === 0) throw notIndexed(indexed, options)
  const path = folderOf(options.path)
  const inside = found.filter(({ prefix }) => prefix.startsWith(path) || path.startsWith(prefix))
  const [first] = inside
  if (first === undefined) throw notThere(path)
  const isSingle = inside.length === 1 && path.startsWith(first.prefix)
  const folder = isSingle ? path.slice(first.prefix.length) : undefined
  const branches = new Set(inside.flatMap(({ branch, hasOthers }) => (hasOthers && branch !== null ? [branch] : [])))
  const isAll = inside.length === indexed.length
  return {
    repositories: new Map(inside.map((one) => [one.repository, one])),
    path,
    folder,
    words: [
      ...(options.repoFilter === undefined ? [] : [atom('repo', options.repoFilter)]),
      ...(isAll ? [] : [atom('repo', `^(?:${inside.map(({ repository }) => quoteGo(repository)).join('|')})$`)]),
      ...(isOne && branches.size === 1 ? [`branch:"${quoted([...branches][0] ?? '')}"`] : []),
      ...(folder === undefined || folder === '' ? [] : [`( case:yes ${atom('file', `\\A${quoteGo(folder)}`)} )`]),
    ],
  }
}

/** The repository and path of a file of an answer; undefined for a file outside the scope. */
export function placeOf(scope: Scope, file: ReplyFile): { source: ScopedRepository; path: string } | undefined {
  const source = scope.repositories.get(file.Repository)
  // Submodules aren't part of a commit's files.
  if (source === undefined || (file.SubRepositoryPath ?? '') !== '') return undefined
  if (source.hasOthers && source.branch !== null && file.Branches?.includes(source.branch) !== true) return undefined
  const whole = source.prefix + file.FileName
  // No file of a commit has such a name, and a reader of the answer may open it by its path.
  if (whole.split('/').some((part) => part === '' || part === '.' || part === '..')) return undefined
  return whole.startsWith(scope.path) ? { source, path: whole.slice(scope.path.length) } : undefined
}

/** Repositories that may have a path, with the path inside; the longest name first. */
export function namesOf(scope: Scope, path: string): readonly { source: ScopedRepository; name: string }[] {
  const whole = scope.path + path
  return [...scope.repositories.values()]
    .filter(({ prefix }) => whole.startsWith(prefix))
    .sort((a, b) => b.prefix.length - a.prefix.length)
    .map((source) => ({ source, name: whole.slice(source.prefix.length) }))
}

/** Fewer characters don't identify a commit. */
const MIN_HASH = 7

function sourceOf(
  { name, branches, files }: IndexedRepository,
  revision: string | undefined,
  isOne: boolean,
): ScopedRepository | undefined {
  const isWanted = ({ name: branch, commit }: IndexedRepository['branches'][number]): boolean =>
    branch === revision || (commit !== '' && revision !== undefined && isHashOf(revision, commit))
  const branch = revision === undefined ? branches[0] : branches.find(isWanted)
  if (branch === undefined && revision !== undefined) return undefined
  return {
    repository: name,
    commit: branch === undefined || branch.commit === '' ? null : branch.commit,
    branch: branch?.name ?? null,
    prefix: isOne ? '' : `${name}/`,
    files,
    hasOthers: branches.length > 1,
  }
}

function isHashOf(revision: string, commit: string): boolean {
  return revision.length >= MIN_HASH && commit.startsWith(revision.toLowerCase())
}

function folderOf(path: string | undefined): string {
  const plain = (path ?? '').replace(/^(?:\.?\/)+/, '').replace(/\/*$/, '')
  if (plain.split('/').includes('..')) {
    throw new FuseSearchError(`The path ${path} leads out of the repository. Name a folder inside it.`, {
      code: 'bad-argument',
    })
  }
  return plain === '' || plain === '.' ? '' : `${plain}/`
}

/** The failure of a folder without files. */
export function notThere(path: string): FuseSearchError {
  const message = `The path ${path.replace(/\/$/, '')} isn't in the index. Name a folder inside the repository.`
  return new FuseSearchError(message, { code: 'bad-argument' })
}

const MAX_NAMED = 5

function notIndexed(indexed: readonly IndexedRepository[], { repoFilter, revision }: ScopeOptions): FuseSearchError {
  if (revision === undefined || indexed.length === 0) {
    const which = repoFilter === undefined ? 'no repository' : `no repository whose name matches ${repoFilter}`
    return new FuseSearchError(`zoekt has indexed ${which}. Its own page lists its repositories.`, {
      code: 'bad-argument',
    })
  }
  const branches = indexed.flatMap(({ name, branches: all }) =>
    all.map(({ name: branch, commit }) => `${branch} of ${name} (${commit.slice(0, 12)})`),
  )
  const named = branches.slice(0, MAX_NAMED).join(', ')
  const rest = branches.length > MAX_NAMED ? ` and ${branches.length - MAX_NAMED} more` : ''
  const message = `zoekt hasn't indexed ${revision}. It has ${named === '' ? 'no commit' : named}${rest}.`
  return new FuseSearchError(message, { code: 'unknown-commit' })
}

function quoted(text: string): string {
  return text.replaceAll(/[\\"]/g, '\\$&')
}
