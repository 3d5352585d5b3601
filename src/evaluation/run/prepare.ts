import { type Clock, FuseSearchError } from '../../core/index.ts'
import { type Gold, type GoldAtBase, goldOf, type Instance } from '../../datasets/index.ts'
import {
  type Environment,
  ObjectReader,
  openSnapshot,
  type Repository,
  type RepositoryMap,
  resolveRepository,
} from '../../repositories/index.ts'
import type { RowGold } from '../row.ts'
import type { PreparedInstance } from './instance.ts'

/** Where repositories are, and where snapshots and clones are kept. */
export interface RepositoriesOptions {
  /** See `resolveRepository`; clones from GitHub when left out. */
  readonly template?: string | undefined
  readonly map?: RepositoryMap | undefined
  readonly cacheDir: string
  readonly environment: Environment
}

/** Brings the gold and the files of instances; repositories stay open between them. */
export interface Preparer {
  /** Throws FuseSearchError for an instance that can't be had: repository, commit, patch, disk. */
  gold(instance: Instance, signal: AbortSignal): Promise<GoldAtBase>
  /** Gold, and a snapshot of the base commit. */
  prepare(instance: Instance, signal: AbortSignal): Promise<PreparedInstance>
  close(): Promise<void>
}

/** Opens nothing before it is asked. */
export function createPreparer(options: RepositoriesOptions, clock: Clock): Preparer {
  const open = new Map<string, Promise<ObjectReader>>()
  const readerOf = (repo: string): Promise<ObjectReader> => {
    const known = open.get(repo)
    if (known !== undefined) return known
    const opening = openReader(repo, options)
    open.set(repo, opening)
    // A repository that can't be had now may be there for the next instance.
    opening.catch(() => open.delete(repo))
    return opening
  }
  const readGold = async (instance: Instance, signal: AbortSignal): Promise<GoldAtBase> => {
    const reader = await readerOf(instance.repo)
    try {
      return await goldOf(instance, reader, signal)
    } catch (error) {
      // A git process that ended answers nothing any more: the next instance gets a new one.
      if (error instanceof FuseSearchError && error.code === 'git-failed') open.delete(instance.repo)
      throw error
    }
  }
  return {
    gold: (instance, signal) => readGold(instance, signal),
    async prepare(instance, signal) {
      const { gold, baseCommit } = await readGold(instance, signal)
      const reader = await readerOf(instance.repo)
      const startedMs = clock.nowMs()
      const { repository } = reader
      const { root, commit } = await openSnapshot({
        repository,
        commit: baseCommit,
        cacheDir: options.cacheDir,
        signal,
      })
      return { root, commit, gold: rowGold(gold), snapshotMs: clock.nowMs() - startedMs }
    },
    async close() {
      const readers = await Promise.allSettled(open.values())
      for (const reader of readers) if (reader.status === 'fulfilled') reader.value.close()
    },
  }
}

/** What a row keeps of the gold. */
export function rowGold({ files, functions, addsFile, addsFunction, kept }: Gold): RowGold {
  return { files, functions: functions.map(({ path, name }) => ({ path, name })), addsFile, addsFunction, kept }
}

/** The reader outlives the instance that asks first, so no instance's signal ends it. */
async function openReader(repo: string, options: RepositoriesOptions): Promise<ObjectReader> {
  const { template, map, cacheDir, environment } = options
  const repository: Repository = await resolveRepository({ repo, template, map, cacheDir, environment })
  return new ObjectReader(repository)
}
