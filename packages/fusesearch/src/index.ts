/**
 * fusesearch: locate the code that an issue asks to change.
 * This is the library's surface: exports only, each named; the command line is another door to the same rooms. What
 * few programs need, or what brings larger libraries, has its own door: `fusesearch/search`, `fusesearch/agent`,
 * `fusesearch/ask`, `fusesearch/code`, `fusesearch/models`, `fusesearch/serve`. Datasets, evaluation and training are in `fusesearch-lab`.
 */
export type { Answer, Budget, Decision, Policy, PolicyRun, RunEvent, RunListener, State } from './agent/index.ts'
export { readTrajectoryFile, recordToFile, type Trajectory } from './agent/index.ts'
export { type ErrorCode, FuseSearchError } from './core/index.ts'
export {
  type AskOptions,
  createWorkspace,
  type LocatedEvidence,
  type LocatedFile,
  type LocatedFunction,
  type LocateEvent,
  type LocateOptions,
  type LocateResult,
  type LocateStats,
  locate,
  locateEvents,
  type RepositoryWorkspace,
  type SearchOptions,
} from './locate/index.ts'
export {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createLlmPolicy,
  createSequentialPolicy,
  type EmbeddedOptions,
  type LlmOptions,
} from './policies/index.ts'
export type { Backend, Call, Observation, RemoteSource, ToolLimits } from './search/index.ts'
export { MODEL_LIMITS, PROGRAM_LIMITS } from './search/index.ts'
export { type ZoektOptions, zoektBackend } from './zoekt/index.ts'
