import { FuseSearchError } from 'fusesearch/core'
import type { EmbeddedRun, Weights } from 'fusesearch/policies'
import type { Instance } from '../../datasets/index.ts'
import type { GoldSets, Preparer } from '../../evaluation/index.ts'
import { KeptWorkspaces } from '../../host/index.ts'
import { playRollout } from '../rollout/play.ts'
import { openWorld } from '../rollout/world.ts'
import type { TrainSettings } from '../train/settings.ts'

/** How samples are searched. */
export interface SearchOptions {
  /** Of the policy. */
  readonly weights: Weights
  readonly settings: Pick<TrainSettings, 'maxBreadth' | 'maxTurns' | 'reward' | 'seed' | 'toolSets'>
  readonly preparer: Preparer
  /** Folder for observations. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** A sample that was searched. */
export interface SearchedSample {
  readonly instance: Instance
  readonly gold: GoldSets
}

/**
 * Searches each sample once by the embedded policy, and takes from the search what `take` makes of it; undefined for a
 * sample that can't be had. Throws what `take` throws, but a sample's own FuseSearchError.
 */
export async function searchSamples<Taken>(
  instances: readonly Instance[],
  options: SearchOptions,
  take: (search: EmbeddedRun['search'], sample: SearchedSample) => Promise<Taken> | Taken,
): Promise<(Taken | undefined)[]> {
  const workspaces = new KeptWorkspaces()
  const taken: (Taken | undefined)[] = []
  try {
    for (const instance of instances) {
      options.signal.throwIfAborted()
      taken.push(await searchOne(instance, { ...options, workspaces }, take))
      options.onProgress?.(taken.length, instances.length)
    }
  } finally {
    await workspaces.close()
  }
  return taken
}

async function searchOne<Taken>(
  instance: Instance,
  options: SearchOptions & { readonly workspaces: KeptWorkspaces },
  take: (search: EmbeddedRun['search'], sample: SearchedSample) => Promise<Taken> | Taken,
): Promise<Taken | undefined> {
  const { settings, weights } = options
  try {
    const world = await openWorld(instance, options)
    const tools = settings.toolSets[0] ?? []
    const { run } = await playRollout(world, { ...settings, weights, temperature: 0, tools }, settings.seed)
    await world.save()
    return await take(run.search, { instance, gold: world.gold })
  } catch (error) {
    const isLost = error instanceof FuseSearchError && !['model-missing', 'write-failed'].includes(error.code)
    if (!isLost) throw error
    return undefined
  }
}
