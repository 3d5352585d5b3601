import { FuseSearchError } from 'fusesearch/core'
import {
  type Environment,
  ObjectReader,
  openSnapshot,
  type Repository,
  type RepositoryMap,
  resolveRepository,
} from 'fusesearch/git'
import { type Gold, type GoldAtBase, goldOf, type Instance } from '../../datasets/index.ts'
import type { RowGold } from '../row.ts'
import type { GoldCache } from './gold-cache.ts'
import type { InstanceFiles } from './instance.ts'

/** Where repositories are, and where snapshots and clones are kept. */
export interface RepositoriesOptions {
  /** See `resolveRepository`; clones from GitHub when left out. */
  readonly template?: string | undefined
  readonly map?: RepositoryMap | undefined
  readonly cacheDir: string
  readonly environment: Environment
  /** Where gold is remembered; found each time when left out. */
  readonly goldCache?: GoldCache | undefined
}

/** Brings the gold and the files of instances; repositories stay open between them. */
export interface Preparer {
  /** Throws FuseSearchError for an instance that can't be had: repository, commit, patch, disk. */
  gold(instance: Instance, signal: AbortSignal): Promise<GoldAtBase>
  /** A folder with the files of the commit. Throws FuseSearchError, `write-failed` too. */
  snapshot(instance: Instance, commit: string, signal: AbortSignal): Promise<InstanceFiles>
  close(): Promise<void>
}

/** Opens nothing before it is asked. */
export function createPreparer(options: RepositoriesOptions): Preparer {
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
    const known = await options.goldCache?.get(instance)
    if (known) return known
    const reader = await readerOf(instance.repo)
    try {
      const found = await goldOf(instance, reader, signal)
      await options.goldCache?.put(instance, found)
      return found
    } catch (error) {
      // A git process that ended answers nothing any more: the next instance gets a new one.
      if (error instanceof FuseSearchError && error.code === 'git-failed') open.delete(instance.repo)
      throw error
    }
  }
  return {
    gold: (instance, signal) => readGold(instance, signal),
    async snapshot(instance, commit, signal) {
      const { repository } = await readerOf(instance.repo)
      const snapshot = await openSnapshot({ repository, commit, cacheDir: options.cacheDir, signal })
      const { root, leftOut } = snapshot
      const history = { kind: 'commit', repository, commit: snapshot.commit, prefix: '' } as const
      return { root, missing: leftOut.missing, history }
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
