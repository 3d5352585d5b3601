/**
 * environment: episodes for those who train a model, over OpenEnv's wire form. An episode is the LLM policy's own run
 * whose model answers from outside; its reward is the evaluation's score. It trains nothing, and agents have no business
 * here: it has a reset.
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
