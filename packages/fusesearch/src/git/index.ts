/**
 * git: runs git so that nothing in a repository is run and nothing is fetched unless allowed; finds repositories;
 * gives their files at one commit, as a snapshot on disk or read one by one; and reads their history. Never touches a
 * work tree, index or ref of a repository that isn't its own clone.
 */

export { firstParentLine, type LoggedCommit, type LogRequest, originName, streamCommits } from './commit-log.ts'
export { diffBetween } from './diff.ts'
export { distinctFileNames, toFileName } from './file-name.ts'
export { type Environment, type GitVersion, gitVersion } from './git.ts'
export {
  type CommitsRequest,
  headAt,
  isInRepository,
  parentsMayChange,
  readCommits,
  sharedFolder,
} from './history.ts'
export { type ChangedLines, changedLines, type Hunk } from './hunks.ts'
export { ObjectReader, type StoredObject } from './objects.ts'
export { type PathChange, pathChanges } from './path-changes.ts'
export { type FilesAtCommit, filesAtCommit } from './reader.ts'
export { refNames } from './refs.ts'
export {
  elsewhereNotice,
  firstParent,
  type Repository,
  type RepositoryPlace,
  repositoryAt,
  resolveCommit,
} from './repository.ts'
export {
  DEFAULT_TEMPLATE,
  isFetched,
  type RepositoryMap,
  type RepositoryRequest,
  readRepositoryMap,
  resolveOrFetchCommit,
  resolveRepository,
} from './resolve.ts'
export { DEFAULT_MAX_CACHE_BYTES, type LeftOut, openSnapshot, type Snapshot, type SnapshotRequest } from './snapshot.ts'
export { type UnmetFiles, unmetFiles } from './tracked.ts'
