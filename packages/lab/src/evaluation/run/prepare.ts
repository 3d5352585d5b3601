import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'
import {
  type Environment,
  ObjectReader,
  openSnapshot,
  type Repository,
  type RepositoryMap,
  resolveRepository,
} from 'fusesearch/git'
import { z } from 'zod'
import { type Gold, type GoldAtBase, goldOf, type Instance } from '../../datasets/index.ts'
import { writeWhole } from '../../host/index.ts'
import type { RowGold } from '../row.ts'
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
      options.goldCache?.put(instance, found)
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

/** Remembers the gold of instances, which takes as long to find as a tenth of a search. */
export interface GoldCache {
  get(instance: Instance): Promise<GoldAtBase | null>
  put(instance: Instance, found: GoldAtBase): void
}

const goldSchema = z.object({
  baseCommit: z.string(),
  gold: z.object({
    files: z.array(z.string()),
    functions: z.array(z.object({ path: z.string(), name: z.string(), startLine: z.number(), endLine: z.number() })),
    addsFile: z.boolean(),
    addsFunction: z.boolean(),
    touchesFunction: z.boolean(),
    testsOnly: z.boolean(),
    kept: z.boolean(),
  }),
})

/** A cache below `folder`; `build` is the code that finds gold, so that new code never reads what old code found. */
export function createGoldCache(folder: string, build: string): GoldCache {
  const placeOf = ({ source: _source, line: _line, ...instance }: Instance): string => {
    const key = createHash('sha256')
      .update(JSON.stringify([build, instance]))
      .digest('hex')
    return join(folder, 'gold', key.slice(0, 2), `${key}.json`)
  }
  return {
    async get(instance) {
      const text = await readFile(placeOf(instance), 'utf8').catch(() => null)
      return text === null ? null : parseGold(text)
    },
    put(instance, found) {
      try {
        writeWhole(placeOf(instance), JSON.stringify(found))
      } catch {
        // Without room the gold is found again next time; what needs the disk will say that it is full.
      }
    },
  }
}

/** Null for a file that a kill or a full disk cut off. */
function parseGold(text: string): GoldAtBase | null {
  try {
    const parsed = goldSchema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** An instance's gold, or the sentence that says why there is none. */
export type CollectedGold =
  | { readonly ok: true; readonly instance: Instance; readonly gold: Gold }
  | { readonly ok: false; readonly instance: Instance; readonly message: string }

/** The gold of each instance, in order; one that can't be had costs no other. Rejects when aborted. */
export async function* collectGold(
  instances: readonly Instance[],
  preparer: Preparer,
  signal: AbortSignal,
): AsyncGenerator<CollectedGold> {
  for (const instance of instances) {
    signal.throwIfAborted()
    yield await goldOrReason(instance, preparer, signal)
  }
}

async function goldOrReason(instance: Instance, preparer: Preparer, signal: AbortSignal): Promise<CollectedGold> {
  try {
    const { gold } = await preparer.gold(instance, signal)
    return { ok: true, instance, gold }
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof FuseSearchError) || error.code === 'write-failed') throw error
    const isNamed = error.message.startsWith(instance.id)
    return { ok: false, instance, message: isNamed ? error.message : `${instance.id}: ${error.message}` }
  }
}
