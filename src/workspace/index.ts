/** workspace: one tree that a localization searches, opened once and closed at the end, or kept warm between requests. */
export { type HistoryPlace, MAX_HISTORY_COMMITS } from './history.ts'
export { createWorkspacePool, type WorkspacePool, type WorkspacePoolOptions } from './pool.ts'
export { openWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts'
