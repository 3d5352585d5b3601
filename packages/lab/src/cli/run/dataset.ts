import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { cacheFolder, gather, type Terminal, toShownText } from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { isFetched, readRepositoryMap } from 'fusesearch/git'
import { describeBadRow, type Instance, loadDataset, repositoryIdentity } from '../../datasets/index.ts'
import type { RepositoriesOptions } from '../../evaluation/index.ts'
import { digestGoldCode } from '../../host/index.ts'
import type { Exclusions } from '../../training/index.ts'

/** Flags of every command that reads a dataset. */
export interface DatasetFlags {
  readonly repos?: string
  readonly map?: string
  readonly cache?: string
  readonly skipBad: boolean
}

/** Adds {@link DatasetFlags}. */
export function addDatasetOptions(command: Command): Command {
  return command
    .option('--repos <template>', 'where repositories are: DIR/{owner}+{name}/repo, or a URL (default: GitHub)')
    .option('--map <file>', 'JSON object from owner/name to the owner/name to use instead')
    .option('--cache <dir>', 'folder for clones and snapshots (default: the user cache)')
    .option('--skip-bad', 'skip bad rows of the dataset and name them', false)
}

/** The instances of a dataset; rows that were skipped on request are named on standard error. */
export async function readInstances(
  path: string,
  flags: DatasetFlags,
  terminal: Terminal,
): Promise<readonly Instance[]> {
  const { instances, skipped } = await loadDataset(resolve(terminal.cwd, path), { skipBad: flags.skipBad })
  for (const row of skipped) terminal.stderr.write(`fusesearch: skipped ${toShownText(describeBadRow(row))}\n`)
  return instances
}

/** Where the repositories are, as plain data that can be sent to another process. */
export interface PlainRepositories {
  readonly template: string | null
  readonly map: readonly (readonly [string, string])[] | null
  readonly cacheDir: string
}

/** Where the repositories are, from the flags. A template that is a path is relative to the current folder. */
export async function plainRepositories(flags: DatasetFlags, { cwd, env }: Terminal): Promise<PlainRepositories> {
  const { repos, map, cache } = flags
  const isPlace = repos !== undefined && !/^[a-z][a-z0-9+]*:\/\/|^[\w.-]+@[\w.-]+:/i.test(repos)
  return {
    template: isPlace ? resolve(cwd, repos) : (repos ?? null),
    map: map === undefined ? null : [...(await readRepositoryMap(resolve(cwd, map)))],
    cacheDir: cache === undefined ? cacheFolder(env) : resolve(cwd, cache),
  }
}

/** The same, for use in this process. */
export function openRepositories(plain: PlainRepositories, environment: NodeJS.ProcessEnv): RepositoriesOptions {
  const { template, map, cacheDir } = plain
  return {
    template: template ?? undefined,
    map: map === null ? undefined : new Map(map),
    cacheDir,
    environment,
    goldBuild: digestGoldCode(),
  }
}

/** Whether this machine has the repository, so that nothing is fetched to open it. */
export async function hasRepository(repo: string, { template, map, cacheDir }: PlainRepositories): Promise<boolean> {
  return isFetched({ repo, template: template ?? undefined, map: map === null ? undefined : new Map(map), cacheDir })
}

/** Both in one: from the flags to the opened repositories. */
export async function repositoriesOf(flags: DatasetFlags, terminal: Terminal): Promise<RepositoriesOptions> {
  return openRepositories(await plainRepositories(flags, terminal), terminal.env)
}

/** `--exclude`, for {@link readExclusions}. */
export function excludeOption(): Option {
  const about = 'also refuse the repositories of this dataset or .txt list'
  return new Option('--exclude <file>', about).argParser(gather).default([], 'none')
}

/**
 * The repositories of further datasets that must not be used for training; a file that ends in `.txt` has one
 * `owner/name` per line.
 */
export async function readExclusions(paths: readonly string[], terminal: Terminal): Promise<Exclusions> {
  const excluded = new Set<string>()
  for (const path of paths) {
    const repos = /\.txt$/i.test(path) ? await readNames(path, terminal) : await readRepos(path, terminal)
    for (const repo of repos) excluded.add(repositoryIdentity(repo))
  }
  return { excluded }
}

async function readRepos(path: string, { cwd }: Terminal): Promise<readonly string[]> {
  const { instances, skipped } = await loadDataset(resolve(cwd, path), { skipBad: true })
  const [first] = skipped
  // A line that can't be read may name the very repository that must be left out.
  if (first === undefined) return instances.map(({ repo }) => repo)
  const message = `--exclude ${path}: line ${first.line} can't be read (${first.message}). Correct it, or give the repositories as a .txt file, one owner/name per line.`
  throw new FuseSearchError(message, { code: 'bad-dataset' })
}

async function readNames(path: string, { cwd }: Terminal): Promise<readonly string[]> {
  const text = await readFile(resolve(cwd, path), 'utf8').catch((error: unknown) => {
    const fact = error instanceof Error ? error.message : String(error)
    throw new FuseSearchError(`--exclude ${path} can't be read: ${fact}. Name a file.`, { code: 'bad-argument' })
  })
  const lines = text.split('\n').map((line) => line.trim())
  const bad = lines.findIndex((line) => line !== '' && !line.startsWith('#') && !/^[^/\s]+\/[^/\s]+$/.test(line))
  if (bad >= 0) {
    const message = `--exclude ${path}: line ${bad + 1} isn't owner/name. Correct it.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  return lines.filter((line) => line !== '' && !line.startsWith('#'))
}
