/**
 * environment: episodes for training a model, with OpenEnv's protocol. An episode is a run of the LLM policy whose
 * model is the client; its reward is the evaluation's score. It trains nothing. It isn't for agents, because it can
 * reset episodes.
 */
import type { EnvironmentOptions, EnvironmentServer } from './server.ts'

export { describeEnvironment } from './describe.ts'
export type { EpisodeSettings } from './episode.ts'
export { DEFAULT_ENVIRONMENT_LIMITS } from './limits.ts'
export type { EnvironmentOptions, EnvironmentServer } from './server.ts'
export type { Split } from './tasks.ts'
export type { WireState } from './wire.ts'

/** Serves episodes until it is closed; see {@link EnvironmentOptions}. */
export async function startEnvironment(options: EnvironmentOptions): Promise<EnvironmentServer> {
  const { serveEnvironment } = await import('./server.ts')
  return serveEnvironment(options)
}
