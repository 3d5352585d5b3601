import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FuseSearchError } from 'fusesearch/core'
import { type Environment, ObjectReader, openSnapshot, type RepositoryMap, resolveRepository } from 'fusesearch/git'
import { type HistoryPlace, keptCommits } from 'fusesearch/search'
import { z } from 'zod'
import { type Gold, type GoldAtBase, goldOf, type Instance } from '../../datasets/index.ts'
import { writeWhole } from '../../host/index.ts'
import type { RowGold } from '../row.ts'

/** Where repositories are, and where snapshots and clones are kept. */
export interface RepositoriesOptions {
  /** See `resolveRepository`; default: clones from GitHub. */
  readonly template?: string | undefined
  readonly map?: RepositoryMap | undefined
  readonly cacheDir: string
  readonly environment: Environment
  /**
   * Digest of the code that finds gold. If given, gold is cached: finding it takes a tenth of the time of a search.
   * Changed code never reads gold of older code.
   */
  readonly goldBuild?: string | undefined
}

/** The files of a commit. */
export interface InstanceFiles {
  readonly root: string
  /** Files of the commit that the folder lacks, because the repository lacks their contents. */
  readonly missing: number
  /** Where the commits before it are. */
  readonly history: HistoryPlace
}

/** Finds the gold and the files of instances. It keeps their repositories open. */
export interface Preparer {
  /** Throws FuseSearchError when the repository, the commit or the patch is missing or broken. */
  gold(instance: Instance, signal: AbortSignal): Promise<GoldAtBase>
  /** A folder with the files of the commit. Throws FuseSearchError, also `write-failed`. */
  snapshot(instance: Instance, commit: string, signal: AbortSignal): Promise<InstanceFiles>
  close(): Promise<void>
}

/** Makes a preparer; it opens a repository on first use. */
export function createPreparer(options: RepositoriesOptions): Preparer {
  const open = new Map<string, Promise<ObjectReader>>()
  const readerOf = (repo: string): Promise<ObjectReader> => {
    const known = open.get(repo)
    if (known !== undefined) return known
    const opening = openReader(repo, options)
    open.set(repo, opening)
    // A repository that fails to open now may be available for the next instance.
    opening.catch(() => open.delete(repo))
    return opening
  }
  return {
    async gold(instance, signal) {
      const file = goldFile(instance, options)
      const known = file === undefined ? null : readGold(file)
      if (known !== null) return known
      const reader = await readerOf(instance.repo)
      try {
        const found = await goldOf(instance, reader, signal)
        if (file !== undefined) keepGold(file, found)
        return found
      } catch (error) {
        // The git process has ended, so the next instance gets a new one.
        if (error instanceof FuseSearchError && error.code === 'git-failed') open.delete(instance.repo)
        throw error
      }
    },
    async snapshot(instance, commit, signal) {
      const { repository } = await readerOf(instance.repo)
      const snapshot = await openSnapshot({ repository, commit, cacheDir: options.cacheDir, signal })
      const { root, leftOut } = snapshot
      const place = { kind: 'commit', repository, commit: snapshot.commit, prefix: '' } as const
      const history = { ...place, keepIn: keptCommits(options.cacheDir) }
      return { root, missing: leftOut.missing, history }
    },
    async close() {
      const readers = await Promise.allSettled(open.values())
      for (const reader of readers) if (reader.status === 'fulfilled') reader.value.close()
    },
  }
}

/** The part of the gold that a row keeps. */
export function rowGold({ files, functions, addsFile, addsFunction, kept }: Gold): RowGold {
  return { files, functions: functions.map(({ path, name }) => ({ path, name })), addsFile, addsFunction, kept }
}

/** The reader serves later instances, too, so it doesn't end with the signal of the first. */
async function openReader(repo: string, options: RepositoriesOptions): Promise<ObjectReader> {
  const { template, map, cacheDir, environment } = options
  const repository = await resolveRepository({ repo, template, map, cacheDir, environment })
  return new ObjectReader(repository)
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

function goldFile(
  { source: _source, line: _line, ...instance }: Instance,
  { goldBuild, cacheDir }: RepositoriesOptions,
): string | undefined {
  if (goldBuild === undefined) return undefined
  const text = JSON.stringify([goldBuild, instance])
  const key = createHash('sha256').update(text).digest('hex')
  return join(cacheDir, 'gold', key.slice(0, 2), `${key}.json`)
}

/** Null if there is none, or if a kill or a full disk cut it off. */
function readGold(file: string): GoldAtBase | null {
  try {
    return goldSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

function keepGold(file: string, found: GoldAtBase): void {
  try {
    writeWhole(file, JSON.stringify(found))
  } catch {
    // The gold is computed again next time; the next important write reports the full disk.
  }
}

/** An instance's gold, or the reason why there is none. */
export type CollectedGold =
  | { readonly ok: true; readonly instance: Instance; readonly gold: Gold }
  | { readonly ok: false; readonly instance: Instance; readonly message: string }

/** The gold of each instance, in order; one failure doesn't affect the others. Rejects when aborted. */
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
