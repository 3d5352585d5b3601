/** workspace: one tree that a localization searches, opened once and closed at the end. */
export { openWorkspace, type Workspace, type WorkspaceOptions } from './workspace.ts'
