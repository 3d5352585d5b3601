import type { Instance } from '../../datasets/index.ts'
import { createPreparer } from '../../evaluation/index.ts'
import { createGroupRunner, type GroupRunner } from '../../training/index.ts'
import { openRepositories, type PlainRepositories } from '../run/repositories.ts'

/** What a training run's processes need to play rollouts; plain data, so that it can be sent. */
export interface TrainWorkerSettings {
  readonly instances: readonly Instance[]
  readonly repositories: PlainRepositories
  /** Folder for observations. */
  readonly folder: string
}

/** Plays rollouts in this process. */
export function makeGroupRunner(
  { instances, repositories, folder }: TrainWorkerSettings,
  { environment, signal }: { readonly environment: NodeJS.ProcessEnv; readonly signal: AbortSignal },
): GroupRunner {
  const preparer = createPreparer(openRepositories(repositories, environment))
  return createGroupRunner({ instances, preparer, folder, signal })
}
