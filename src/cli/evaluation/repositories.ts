import { resolve } from 'node:path'
import type { Command } from 'commander'
import { describeBadRow, type Instance, loadDataset } from '../../datasets/index.ts'
import { createGoldCache, type RepositoriesOptions } from '../../evaluation/index.ts'
import { readRepositoryMap } from '../../repositories/index.ts'
import { cacheFolder } from '../cache-folder.ts'
import type { Terminal } from '../command.ts'
import { toShownText } from '../render/shown-text.ts'
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

/** Where the repositories are, from the flags. A template that is a path starts from the current folder. */
export async function repositoriesOf(flags: DatasetFlags, { cwd, env }: Terminal): Promise<RepositoriesOptions> {
  const isPlace = flags.repos !== undefined && !/^[a-z][a-z0-9+]*:\/\/|^[\w.-]+@[\w.-]+:/i.test(flags.repos)
  const cacheDir = flags.cache === undefined ? cacheFolder(env) : resolve(cwd, flags.cache)
  return {
    template: isPlace ? resolve(cwd, flags.repos ?? '') : flags.repos,
    map: flags.map === undefined ? undefined : await readRepositoryMap(resolve(cwd, flags.map)),
    cacheDir,
    environment: env,
    goldCache: createGoldCache(cacheDir, digestGoldCode()),
  }
}
