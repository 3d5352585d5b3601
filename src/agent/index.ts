/**
 * agent: the policy interface, the loop that runs a policy's calls within a budget, and the trajectory it leaves.
 * It runs no tool itself: a runner of calls is an argument, so a replay needs no repository.
 */
export {
  type Budget,
  DEFAULT_BUDGET,
  DEFAULT_MAX_BREADTH,
  DEFAULT_MAX_BYTES,
  DEFAULT_MAX_TURNS,
  resolveBudget,
} from './budget.ts'
export { type LoopOptions, runLoop } from './loop.ts'
export type {
  Answer,
  AnsweredFile,
  AnsweredFunction,
  BudgetLeft,
  CandidateFunction,
  Decision,
  Evidence,
  PastTurn,
  Policy,
  PolicyRun,
  State,
} from './policy.ts'
export type {
  RanCalls,
  RunCalls,
  RunCallsContext,
  RunEnd,
  RunEvent,
  RunFailure,
  RunListener,
  RunResult,
  RunStart,
  RunStats,
  StoppedBy,
  TurnRecord,
} from './run.ts'
export { createScriptedPolicy, EMPTY_ANSWER, type ScriptedStep } from './scripted-policy.ts'
