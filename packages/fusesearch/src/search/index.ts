/**
 * search: grep, glob and read_file over one tree, history over its commits, and the turn that runs a set of calls
 * together. It knows nothing of policies, entities or budgets: it gets calls and the bytes left, and returns observations.
 */
export type { Backend, OpenedRemote, RemotePlace, RemoteSource } from './backend.ts'
export { describeTools, type ToolDescription } from './describe.ts'
export { type GlobParts, parseGlob } from './globs/parse.ts'
export { requiredTexts as textsRequiredBy } from './globs/required-texts.ts'
export { createGatherer, type Gatherer } from './grep/gather.ts'
export { type GrepPattern, patternKind, requiredTexts } from './grep/pattern.ts'
export { type DocumentCounts, makeQuery, type Query, scoreDocuments } from './history/bm25.ts'
export type { ChangedFiles, CommitHistory, PastCommits } from './history/commit-history.ts'
export type { PastCommit } from './history/commit-index.ts'
export { findReferences } from './history/references.ts'
export { historyPaths } from './history/rows.ts'
export { createCounter, termsOfText } from './history/terms.ts'
export { IGNORE_FILES } from './ignore-files.ts'
export { MODEL_LIMITS, PROGRAM_LIMITS } from './limits.ts'
export { shownPath } from './names.ts'
export { editDistance, subWords } from './nearest/closeness.ts'
export { announceUnreached } from './notices.ts'
export { type FileRefusal, type FileText, readWhole, type TreePlace } from './open-file.ts'
export { type ParsedCall, parseCall } from './parse-call.ts'
export { createPathFilter } from './path-filter.ts'
export type { NotIndexed, RemoteFile, RemoteFiles, RemoteQuestion, RemoteText } from './remote.ts'
export { renderObservation } from './render.ts'
export { createLauncher, type LauncherOptions } from './rg/launcher.ts'
export { locateRg, packagedRg, type RgSources } from './rg/locate.ts'
export type { Block, Piece } from './rg/pieces.ts'
export type { Launcher } from './rg/rg-run.ts'
export type { CallFailure } from './scope.ts'
export { toUtf8 } from './text.ts'
export type {
  Call,
  CallFailureCode,
  FailedObservation,
  GlobArguments,
  GlobObservation,
  GrepArguments,
  GrepContentObservation,
  GrepCountsObservation,
  GrepLine,
  GrepMode,
  GrepObservation,
  GrepPathsObservation,
  GrepTotals,
  HistoryArguments,
  HistoryCommit,
  HistoryLines,
  HistoryObservation,
  HistoryPath,
  Notice,
  Observation,
  ReadFileArguments,
  ReadFileObservation,
  ShownLine,
  ToolLimits,
  ToolName,
} from './tool.ts'
export { ALL_TOOLS, PAPER_TOOLS } from './tool.ts'
export { type IgnoreRules, openTree, type SizeQuestion, type Tree, type TreeOptions } from './tree.ts'
export { runTurn, type TurnOptions } from './turn.ts'
export type { SharedWalks, TurnResult } from './turn-result.ts'
export { checkedOut, type HistoryPlace, historyFor, keptCommits, MAX_HISTORY_COMMITS } from './workspace/history.ts'
export { createWorkspacePool, type WorkspacePool, type WorkspacePoolOptions } from './workspace/pool.ts'
export { openWorkspace, type Workspace, type WorkspaceOptions, workspaceOf } from './workspace/workspace.ts'
