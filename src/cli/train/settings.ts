import type { Instance } from '../../datasets/index.ts'
import { createGoldCache, createPreparer } from '../../evaluation/index.ts'
import { createGroupRunner, type GroupRunner } from '../../training/index.ts'
import { digestGoldCode } from '../evaluation/setup.ts'

/** What a training run's processes need to play rollouts; plain data, so that it can be sent. */
export interface TrainWorkerSettings {
  readonly instances: readonly Instance[]
  readonly repositories: {
    readonly template: string | null
    readonly map: readonly (readonly [string, string])[] | null
    readonly cacheDir: string
  }
  /** Folder for observations. */
  readonly folder: string
}

/** Plays rollouts in this process. */
export function makeGroupRunner(
  { instances, repositories, folder }: TrainWorkerSettings,
  { environment, signal }: { readonly environment: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): GroupRunner {
  const { template, map, cacheDir } = repositories
  const preparer = createPreparer({
    template: template ?? undefined,
    map: map === null ? undefined : new Map(map.map(([from, to]): [string, string] => [from, to])),
    cacheDir,
    environment,
    goldCache: createGoldCache(cacheDir, digestGoldCode()),
  })
  return createGroupRunner({ instances, preparer, folder, signal })
}
