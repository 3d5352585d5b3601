import type { Workspace } from './workspace/workspace.ts'

/** A repository that was searched elsewhere, as it stood there. */
export interface RemoteSource {
  readonly repository: string
  /** Hash of the commit; null where the index knows none. */
  readonly commit: string | null
  readonly branch: string | null
  /** What the paths of its files begin with: nothing, or the repository's name and a slash. */
  readonly prefix: string
}

/** Which part of what is indexed to search. */
export interface RemotePlace {
  /** A folder, as paths are shown. */
  readonly path?: string
  /** An indexed branch, or the beginning of an indexed commit's hash. */
  readonly revision?: string
  /** Ends the workspace. */
  readonly signal?: AbortSignal
  /** Ends the opening alone; `signal` when left out. */
  readonly opening?: AbortSignal
}

/** A tree that was opened elsewhere. */
export interface OpenedRemote {
  readonly workspace: Workspace
  readonly sources: readonly RemoteSource[]
}

/** Opens trees elsewhere than in a folder of this machine. One serves any number of searches. */
export interface Backend {
  /** Kind and address, without keys. */
  readonly name: string
  /** Throws FuseSearchError: `bad-argument`, `unknown-commit`, `backend-failed`. */
  open(place: RemotePlace): Promise<OpenedRemote>
  /** Ends its connections. */
  close(): void
}
