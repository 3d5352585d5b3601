import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Terminal } from 'fusesearch/cli'
import { cacheFolder, toShownText } from 'fusesearch/cli'
import { readRepositoryMap } from 'fusesearch/git'
import { describeBadRow, type Instance, loadDataset } from '../../datasets/index.ts'
import { createGoldCache, type RepositoriesOptions } from '../../evaluation/index.ts'
import { digestGoldCode } from './setup.ts'

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
    .option('--map <file>', 'JSON object of owner/name to the owner/name that stands in for it')
    .option('--cache <dir>', 'folder for clones and snapshots (default: the user cache)')
    .option('--skip-bad', 'leave out bad rows of the dataset and name them', false)
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

/** Where the repositories are, from the flags. A template that is a path starts from the current folder. */
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
    goldCache: createGoldCache(cacheDir, digestGoldCode()),
  }
}

/** Both in one, from the flags to their use. */
export async function repositoriesOf(flags: DatasetFlags, terminal: Terminal): Promise<RepositoriesOptions> {
  return openRepositories(await plainRepositories(flags, terminal), terminal.env)
}
