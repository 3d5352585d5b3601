/**
 * locate: one localization, from issue and repository to a checked answer.
 * It chooses no policy and prints nothing: the policy is an argument, and events report the run.
 */
export { type LocateEvent, locateEvents } from './events.ts'
export { askedBy } from './evidence.ts'
export { type CheckedIssue, checkIssue, MAX_ISSUE_BYTES, MAX_ISSUE_CHARACTERS, refuseSize } from './issue.ts'
export { type LocateOptions, locate } from './locate.ts'
export { type CommitOptions, openPlace, type Place, type PlaceOptions, sourcesOf } from './place.ts'
export {
  type LocatedCommit,
  type LocatedEvidence,
  type LocatedFile,
  type LocatedFunction,
  type LocateResult,
  type LocateStats,
  RESULT_VERSION,
} from './result.ts'
export { type AskOptions, createWorkspace, type RepositoryWorkspace, type SearchOptions } from './warm.ts'
