/**
 * programs: where `git` and `rg` are. Only absolute folders of PATH are looked at, and none of the repository that is
 * searched, so that a program that lies in it is never run. It starts nothing.
 */

export { cacheFolder, KEPT_COMMITS } from './cache-folder.ts'
export { findProgram, isInside, type Program, type ProgramSearch, trustedFolders } from './find.ts'
export { type GitPlace, gitPlaceOf } from './work-tree.ts'
