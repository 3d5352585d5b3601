import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { FuseSearchError } from '../core/index.ts'
import { toFileName } from './file-name.ts'
import { type Environment, runGit } from './git.ts'
import { firstLine, noAnswer, type Repository, runIn } from './repository.ts'

/** A whole history without file contents takes minutes on a slow line. */
export const TRANSFER_TIMEOUT_MS = 3_600_000

/** What to clone and where to keep it. */
export interface CloneRequest {
  readonly name: string
  readonly url: string
  readonly cacheDir: string
  readonly environment: Environment
  readonly signal?: AbortSignal | undefined
}

/** Where the clone of a repository is kept. */
export function cloneFolder(name: string, cacheDir: string): string {
  return join(resolve(cacheDir, 'clones'), `${toFileName(name.replaceAll('/', '+'))}.git`)
}

/**
 * The clone of a URL in the cache, made on first use: bare, without file contents, which snapshots fetch as needed.
 * Processes that need it at the same time wait for the one that clones. On folders shared between machines two may
 * still clone; one clone is kept.
 * @throws FuseSearchError `repository-missing` when it can't be cloned.
 */
export async function cloneOnce(request: CloneRequest): Promise<Repository> {
  const { name, url, environment, signal } = request
  const gitDir = cloneFolder(name, request.cacheDir)
  const clones = dirname(gitDir)
  const repository: Repository = {
    name,
    gitDir,
    environment,
    trees: [gitDir],
    elsewhere: [],
    fetchUrl: url,
    commits: new Set(),
  }
  if (existsSync(join(gitDir, 'HEAD'))) return repository
  await mkdir(clones, { recursive: true })
  const leave = await enterClone(gitDir, signal)
  const partial = await mkdtemp(join(clones, '.partial-'))
  try {
    // Another process may have cloned it meanwhile.
    if (existsSync(join(gitDir, 'HEAD'))) return repository
    // Without a template: no hooks and info files of the system's git.
    const options = ['--bare', '--filter=blob:none', '--no-tags', '--template=', '--quiet']
    const command = ['clone', ...options, '--', url, join(partial, 'clone')]
    const timeoutMs = TRANSFER_TIMEOUT_MS
    const result = await runGit({
      arguments: command,
      directory: partial,
      environment,
      trees: [partial],
      mayFetch: true,
      signal,
      timeoutMs,
    })
    if (result.exitCode !== 0) throw notCloned(request, result.stderr)
    if (!existsSync(join(partial, 'clone', 'HEAD'))) throw noAnswer(['clone'])
    await rename(join(partial, 'clone'), gitDir).catch((error: unknown) => {
      if (!existsSync(join(gitDir, 'HEAD'))) throw error
    })
  } finally {
    await rm(partial, { recursive: true, force: true })
    await leave()
  }
  return repository
}

/** A cloning process renews its mark at the first interval; a mark older than the second means that it has died. */
const RENEW_MS = 2_000
const STALE_MS = 20_000
const LOOK_AGAIN_MS = 200

/** Waits until no other process of this machine is cloning it. Returns the function that lets the next one in. */
async function enterClone(gitDir: string, signal: AbortSignal | undefined): Promise<() => Promise<void>> {
  const mark = `${gitDir}.cloning`
  for (;;) {
    signal?.throwIfAborted()
    try {
      await writeFile(mark, '', { flag: 'wx' })
      break
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    if (await isStale(mark)) await removeStale(mark)
    else await sleep(LOOK_AGAIN_MS)
  }
  const renewing = setInterval(() => void utimes(mark, new Date(), new Date()).catch(() => undefined), RENEW_MS)
  return async () => {
    clearInterval(renewing)
    await rm(mark, { force: true })
  }
}

async function isStale(mark: string): Promise<boolean> {
  const found = await stat(mark).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MS
}

/** Removes the mark of a process that died. One at a time looks again and removes: the mark may be a new one by now. */
async function removeStale(mark: string): Promise<void> {
  const removing = `${mark}-removing`
  try {
    await writeFile(removing, '', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    // Another one is removing it, or died while it did.
    if (await isStale(removing)) await rm(removing, { force: true })
    return sleep(LOOK_AGAIN_MS)
  }
  if (await isStale(mark)) await rm(mark, { force: true })
  await rm(removing, { force: true })
}

/**
 * Fetches objects by hash into a clone of ours, in one transfer. A commit comes with its history and trees.
 * @throws FuseSearchError `git-failed` when the transfer fails.
 */
export async function fetchObjects(
  repository: Repository,
  oids: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  if (repository.fetchUrl === undefined) return
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-gc', '--filter=blob:none', '--stdin']
  const command = ['-c', 'fetch.negotiationAlgorithm=noop', 'fetch', ...options, 'origin']
  const input = `${oids.join('\n')}\n`
  const timeoutMs = TRANSFER_TIMEOUT_MS
  const result = await runIn(repository, { arguments: command, input, mayFetch: true, signal, timeoutMs })
  if (result.exitCode === 0) return
  const why = lastLine(result.stderr)
  const message = `Fetching ${oids.length} objects from ${repository.fetchUrl} failed: ${why}. Try again; fetched objects are kept.`
  throw new FuseSearchError(message, { code: 'git-failed' })
}

function notCloned(request: CloneRequest, stderr: string): FuseSearchError {
  const why = lastLine(stderr) || firstLine(stderr)
  const next = 'Check the network and the name; for a renamed project or a fork, use the map file'
  return new FuseSearchError(`${request.url} can't be cloned: ${why}. ${next}.`, { code: 'repository-missing' })
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
