/**
 * fusesearch: locate the code that an issue asks to change.
 * This is the library's surface: exports only, each named; the command line is another door to the same rooms.
 */
export type { Answer, Budget, Decision, Policy, PolicyRun, RunEvent, RunListener, State } from './agent/index.ts'
export { readTrajectoryFile, recordToFile, type Trajectory } from './agent/index.ts'
export { type ErrorCode, FuseSearchError } from './core/index.ts'
export {
  type LocatedEvidence,
  type LocatedFile,
  type LocatedFunction,
  type LocateOptions,
  type LocateResult,
  type LocateStats,
  locate,
} from './locate/index.ts'
export {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createSequentialPolicy,
  type EmbeddedOptions,
} from './policies/index.ts'
export type { Call, Observation, ToolLimits } from './tools/index.ts'
export { MODEL_LIMITS, PROGRAM_LIMITS } from './tools/index.ts'
