import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FuseSearchError } from '../core/index.ts'
import { cloneFolder, cloneOnce, fetchObjects } from './clone.ts'
import type { Environment } from './git.ts'
import { isObjectId, type Repository, repositoryAt, resolveCommit } from './repository.ts'

/** `owner/name` as a dataset writes it, in lower case -> the `owner/name` for the template. */
export type RepositoryMap = ReadonlyMap<string, string>

/** The default template. */
export const DEFAULT_TEMPLATE = 'https://github.com/{owner}/{name}.git'

/** Which repository, and where repositories are. */
export interface RepositoryRequest {
  /** `owner/name`. */
  readonly repo: string
  /** A path or URL with `{owner}` and `{name}` (or `{repo}` for both); {@link DEFAULT_TEMPLATE} without it. */
  readonly template?: string | undefined
  readonly map?: RepositoryMap | undefined
  /** Where clones of URLs are kept. */
  readonly cacheDir: string
  readonly environment: Environment
  readonly signal?: AbortSignal | undefined
}

/**
 * The repository of an instance: opened where the template points, or cloned into the cache if it is a URL.
 * @throws FuseSearchError `bad-argument` for an invalid name or template, `repository-missing` if
 * nothing is there or the clone fails.
 */
export async function resolveRepository(request: RepositoryRequest): Promise<Repository> {
  const { cacheDir, environment, signal, repo } = request
  const place = fillTemplate(request.template ?? DEFAULT_TEMPLATE, request.map?.get(repo.toLowerCase()) ?? repo)
  if (isUrl(place)) return cloneOnce({ name: repo, url: place, cacheDir, environment, signal })
  return repositoryAt({ path: place, name: repo, environment, signal })
}

/**
 * Whether the repository is already on this machine, so that opening it fetches nothing. Throws `bad-argument` as
 * above.
 */
export function isFetched({
  repo,
  template,
  map,
  cacheDir,
}: Omit<RepositoryRequest, 'environment' | 'signal'>): boolean {
  const place = fillTemplate(template ?? DEFAULT_TEMPLATE, map?.get(repo.toLowerCase()) ?? repo)
  return !isUrl(place) || existsSync(join(cloneFolder(repo, cacheDir), 'HEAD'))
}

/**
 * {@link resolveCommit}; in our own clone, fetches a missing commit.
 * @throws FuseSearchError `unknown-commit` when it can't be fetched.
 */
export async function resolveOrFetchCommit(
  repository: Repository,
  revision: string,
  signal?: AbortSignal,
): Promise<string> {
  try {
    return await resolveCommit(repository, revision, signal)
  } catch (error) {
    if (repository.fetchUrl === undefined || !isObjectId(revision)) throw error
    try {
      await fetchObjects(repository, [revision], signal)
    } catch (cause) {
      const message = `${repository.fetchUrl} doesn't have commit ${revision}. Check the dataset row, or map the repository to a fork that has it.`
      throw new FuseSearchError(message, { code: 'unknown-commit', cause })
    }
    return resolveCommit(repository, revision, signal)
  }
}

/**
 * Reads a map file: a JSON object from `owner/name` to the `owner/name` to use instead.
 * @throws FuseSearchError `bad-argument` when it isn't one.
 */
export async function readRepositoryMap(path: string): Promise<RepositoryMap> {
  const wanted = 'It must be a JSON object such as {"django/django": "someone/django"}'
  const bad = (fact: string, cause?: unknown): FuseSearchError =>
    new FuseSearchError(`The repository map ${path} ${fact}. ${wanted}.`, { code: 'bad-argument', cause })
  let parsed: unknown
  try {
    parsed = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw bad(`can't be read: ${error instanceof Error ? error.message : String(error)}`, error)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw bad("isn't an object")
  const map = new Map<string, string>()
  for (const [from, to] of Object.entries(parsed)) {
    if (typeof to !== 'string' || !isName(to) || !isName(from)) throw bad(`has a bad entry for '${from}'`)
    map.set(from.toLowerCase(), to)
  }
  return map
}

function fillTemplate(template: string, repo: string): string {
  const [owner, name] = repo.split('/')
  if (!isName(repo) || owner === undefined || name === undefined) {
    throw new FuseSearchError(`'${repo}' isn't a repository name. It must have the form owner/name.`, {
      code: 'bad-argument',
    })
  }
  const filled = template.replaceAll('{owner}', owner).replaceAll('{name}', name).replaceAll('{repo}', repo)
  if (!/[{}]/.test(filled)) return filled
  const message = `--repos '${template}' has a word in braces that isn't {owner}, {name} or {repo}. Remove or correct it.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

/** Both parts are plain: no separators, not only dots, and no leading dash, which a program would read as an option. */
function isName(repo: string): boolean {
  const parts = repo.split('/')
  return parts.length === 2 && parts.every((part) => /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/.test(part) && !/^\.+$/.test(part))
}

function isUrl(place: string): boolean {
  return /^[a-z][a-z0-9+]*:\/\//i.test(place) || /^[\w.-]+@[\w.-]+:/.test(place)
}
