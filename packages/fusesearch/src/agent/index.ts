/**
 * agent: the policy interface, the loop that runs a policy's calls within a budget, and the trajectory.
 * It runs no tool itself: a runner of calls is an argument, so a replay needs no repository.
 */
export {
  type Budget,
  DEFAULT_MAX_BREADTH,
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_TURNS,
  resolveBudget,
} from './budget.ts'
export type { Amount, ObservationDigest } from './digest.ts'
export { type Efficiency, measureEfficiency } from './entities/efficiency.ts'
export { type Entity, type EntityRange, rangeOf } from './entities/entity.ts'
export { type ExtractedEntities, extractEntities } from './entities/extract.ts'
export { type Discovered, type Gain, gainOf, noneDiscovered } from './entities/gain.ts'
export { type LoopOptions, runLoop } from './loop.ts'
export { parseTrajectory } from './parse-trajectory.ts'
export type {
  Answer,
  AnsweredFile,
  AnsweredFunction,
  BudgetLeft,
  CandidateFunction,
  Decision,
  Evidence,
  ModelUse,
  PastTurn,
  Policy,
  PolicyRun,
  PolicySettings,
  RunFailure,
  StartOptions,
  State,
  TurnReport,
} from './policy.ts'
export { createRecorder, trajectoryLine } from './record.ts'
export { replayCalls } from './replay.ts'
export type {
  RanCalls,
  RunCalls,
  RunCallsContext,
  RunEnd,
  RunEvent,
  RunListener,
  RunResult,
  RunStart,
  RunStats,
  StoppedBy,
  TurnRecord,
} from './run.ts'
export { createScriptedPolicy, EMPTY_ANSWER, type ScriptedStep } from './scripted-policy.ts'
export { addUse } from './stats.ts'
export { openStop } from './stop.ts'
export {
  type Trajectory,
  type TrajectoryEnd,
  type TrajectoryFacts,
  type TrajectoryHeader,
  type TrajectoryLine,
  type TrajectoryTurn,
  withoutTimings,
} from './trajectory.ts'
export { readTrajectoryFile, recordToFile } from './trajectory-file.ts'
